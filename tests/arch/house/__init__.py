"""The rules of the house: who may include what, how big things may get, what may not stand in the tree."""
