// Where a data folder and its key-encryption key are. The key is never inside the data folder, so neither is it in a
// copy of it. Any thread; touches the file system.
#pragma once

#include <string>

#include "base/expected.h"
#include "crypto/aead.h"

namespace postern::service {

/// The system service's folder on Linux.
constexpr const char* kSystemFolder = "/var/lib/postern";
constexpr const char* kSystemKek = "/etc/postern/kek";
constexpr const char* kSystemSocket = "/run/postern/control.sock";

/// The data folder of this user: $XDG_DATA_HOME/postern, ~/.local/share/postern or %LOCALAPPDATA%\Postern.
std::string user_folder();

/// Is it the system service's, however it is spelled?
bool is_system_folder(const std::string& folder);

/// The id of an initialised folder. not_initialised, folder_unreadable.
Expected<std::string> folder_id(const std::string& folder);
/// The key file that belongs to a folder: $CREDENTIALS_DIRECTORY/postern-kek (systemd), /etc/postern/kek for the
/// system's folder, else <user's configuration>/postern/kek-<folder id>. not_initialised when the folder has no id.
Expected<std::string> kek_path(const std::string& folder);
/// Gives a new folder its id (the file folder.id) and returns where its key goes.
Expected<std::string> claim_kek_path(const std::string& folder);

/// 64 hexadecimal digits in a file only its owner may read. key_missing, key_wrong (not such a file).
Expected<crypto::AeadKey> read_kek(const std::string& path);
/// Makes the file with a fresh key; an existing one is never overwritten (already_exists).
Expected<crypto::AeadKey> create_kek(const std::string& path);

}  // namespace postern::service
