#include <QtTest>
#include <map>

#include "response/audit/proof.h"

using namespace postern;
using namespace postern::audit;

namespace {

/// RFC 6962 section 2.1, word for word: the slow way.
Digest mth(const std::vector<Bytes>& data, size_t begin, size_t count) {
  if (count == 0) return crypto::sha256(BytesView());
  if (count == 1) return leaf_hash(data[begin]);
  size_t k = 1;
  while (k * 2 < count) k *= 2;
  return inner_hash(mth(data, begin, k), mth(data, begin + k, count - k));
}

std::vector<Bytes> leaves(size_t count) {
  std::vector<Bytes> out;
  for (size_t i = 0; i < count; ++i) out.push_back(to_bytes("entry " + std::to_string(i)));
  return out;
}

/// The nodes alone; whatever else a trail keeps is not asked for here.
class Nodes final : public AuditStore {
 public:
  Frontier add(const std::vector<Bytes>& data) {
    Frontier out;
    for (const Bytes& entry : data)
      add_leaf(out, leaf_hash(entry), [this](unsigned level, uint64_t index, const Digest& hash) {
        nodes[{level, index}] = hash;
      });
    return out;
  }
  std::map<std::pair<unsigned, uint64_t>, Digest> nodes;

  Expected<std::optional<Digest>> node(unsigned level, uint64_t index) override {
    const auto found = nodes.find({level, index});
    return found == nodes.end() ? std::optional<Digest>() : found->second;
  }
  Expected<void> begin() override { return {}; }
  Expected<void> commit() override { return {}; }
  void rollback() noexcept override {}
  Expected<std::optional<StoredFrontier>> frontier() override { return std::optional<StoredFrontier>(); }
  Expected<void> put_frontier(const StoredFrontier&) override { return {}; }
  Expected<void> add_entry(const Entry&, const Digest&, const Payload&) override { return {}; }
  Expected<void> put_node(unsigned, uint64_t, const Digest&) override { return {}; }
  Expected<void> read_nodes(unsigned, uint64_t, const NodeVisitor&) override { return {}; }
  Expected<void> read_entries(uint64_t, bool, bool, const EntryVisitor&) override { return {}; }
  Expected<uint64_t> erase_payloads(uint64_t, uint64_t) override { return 0; }
  Expected<void> add_head(const SignedHead&) override { return {}; }
  Expected<std::vector<SignedHead>> heads() override { return std::vector<SignedHead>(); }
  Expected<std::optional<SignedHead>> newest_head() override { return std::optional<SignedHead>(); }
  Expected<std::optional<SignedHead>> outside_head() override { return std::optional<SignedHead>(); }
  Expected<void> keep_outside(const SignedHead&) override { return {}; }
};

constexpr size_t kMost = 40;

}  // namespace

class MerkleTest : public QObject {
  Q_OBJECT
 private slots:
  void known_roots();
  void frontier_equals_the_definition();
  void complete_nodes_are_told();
  void inclusion();
  void consistency();
  void out_of_range();
  void a_missing_node_is_an_error();
};

/// From the test data of the certificate-transparency implementation: leaves "", 00, 10, 2021, 3031, ...
void MerkleTest::known_roots() {
  const char* inputs[] = {
      "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
  const char* roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Frontier frontier;
  QCOMPARE(hex(root_of(frontier)), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  for (size_t i = 0; i < std::size(inputs); ++i) {
    add_leaf(frontier, leaf_hash(*from_hex(inputs[i])), {});
    QCOMPARE(hex(root_of(frontier)), std::string(roots[i]));
  }
}

void MerkleTest::frontier_equals_the_definition() {
  const auto data = leaves(kMost);
  Frontier frontier;
  for (size_t size = 0; size <= kMost; ++size) {
    QVERIFY(root_of(frontier) == mth(data, 0, size));
    QCOMPARE(frontier.size, uint64_t{size});
    if (size < kMost) add_leaf(frontier, leaf_hash(data[size]), {});
  }
}

void MerkleTest::complete_nodes_are_told() {
  const auto data = leaves(kMost);
  Nodes store;
  store.add(data);
  size_t expected = 0;
  for (unsigned level = 0; (kMost >> level) > 0; ++level)
    for (uint64_t index = 0; index < kMost >> level; ++index, ++expected)
      QVERIFY((store.nodes[{level, index}] == mth(data, index << level, size_t{1} << level)));
  QCOMPARE(store.nodes.size(), expected);
}

void MerkleTest::inclusion() {
  const auto data = leaves(kMost);
  Nodes store;
  store.add(data);
  for (uint64_t size = 1; size <= kMost; ++size) {
    const auto root = root_at(store, size);
    QVERIFY(root.has_value());
    QVERIFY(*root == mth(data, 0, size));
    for (uint64_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(store, index, size);
      QVERIFY(proof.has_value());
      const Digest leaf = leaf_hash(data[index]);
      QVERIFY(verify_inclusion(leaf, index, size, *proof, *root));
      QVERIFY(!verify_inclusion(leaf_hash(to_bytes("another")), index, size, *proof, *root));
      QVERIFY(!verify_inclusion(leaf, index + 1, size, *proof, *root) || size == 1);
      QVERIFY(!verify_inclusion(leaf, index, size, *proof, leaf_hash(to_bytes("root"))));
      for (size_t i = 0; i < proof->size(); ++i) {
        Proof broken = *proof;
        broken[i][5] ^= 1;
        QVERIFY(!verify_inclusion(leaf, index, size, broken, *root));
        broken = *proof;
        broken.erase(broken.begin() + static_cast<std::ptrdiff_t>(i));
        QVERIFY(!verify_inclusion(leaf, index, size, broken, *root));
      }
      Proof longer = *proof;
      longer.push_back(leaf);
      QVERIFY(!verify_inclusion(leaf, index, size, longer, *root));
    }
  }
}

void MerkleTest::consistency() {
  const auto data = leaves(kMost);
  Nodes store;
  store.add(data);
  auto other_data = data;
  other_data[3] = to_bytes("changed");
  for (uint64_t to = 1; to <= kMost; ++to)
    for (uint64_t from = 1; from <= to; ++from) {
      const auto proof = consistency_proof(store, from, to);
      QVERIFY(proof.has_value());
      const Digest from_root = mth(data, 0, from), to_root = mth(data, 0, to);
      QVERIFY(verify_consistency(from, to, from_root, to_root, *proof));
      // A trail that was written anew before `from` is no continuation.
      if (from > 3) {
        QVERIFY(!verify_consistency(from, to, mth(other_data, 0, from), to_root, *proof));
        QVERIFY(!verify_consistency(from, to, from_root, mth(other_data, 0, to), *proof));
      }
      for (size_t i = 0; i < proof->size(); ++i) {
        Proof broken = *proof;
        broken[i][0] ^= 1;
        QVERIFY(!verify_consistency(from, to, from_root, to_root, broken));
      }
      Proof longer = *proof;
      longer.push_back(from_root);
      QVERIFY(!verify_consistency(from, to, from_root, to_root, longer));
    }
}

void MerkleTest::out_of_range() {
  Nodes store;
  store.add(leaves(5));
  QVERIFY(!inclusion_proof(store, 5, 5).has_value());
  QVERIFY(!consistency_proof(store, 0, 5).has_value());
  QVERIFY(!consistency_proof(store, 6, 5).has_value());
  QVERIFY(!verify_inclusion({}, 0, 0, {}, {}));
  QVERIFY(!verify_consistency(0, 1, {}, {}, {}));
  QVERIFY(!verify_consistency(1, 2, {}, {}, {}));
}

void MerkleTest::a_missing_node_is_an_error() {
  Nodes store;
  store.add(leaves(8));
  store.nodes.erase({2, 0});
  QVERIFY(!root_at(store, 6).has_value());
  QVERIFY(!inclusion_proof(store, 7, 8).has_value());
  QVERIFY(!inclusion_proof(store, 0, 9).has_value());
}

QTEST_APPLESS_MAIN(MerkleTest)
#include "merkle_test.moc"
