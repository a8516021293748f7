// A power cut for the files the store writes itself: content counts once it was synced, a name once its folder was.
#pragma once

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include "base/files.h"

namespace postern::test {

class PowerCutFiles final : public FileSystem {
 public:
  /// `mutex` is the databases': the disk has one state.
  PowerCutFiles(FileSystem& real, std::mutex& mutex) : real_(real), mutex_(mutex) {}
  /// With false nothing counts as synced: to show that the tests notice.
  void honour_syncs(bool honour) { honour_ = honour; }

  Expected<std::unique_ptr<File>> create(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    auto file = real_.create(path);
    if (!file) return file;
    return std::unique_ptr<File>(std::make_unique<ShimFile>(*this, path, std::move(*file)));
  }
  Expected<std::unique_ptr<Source>> open(const std::string& path) override { return real_.open(path); }
  Expected<void> rename(const std::string& from, const std::string& to) override {
    const std::lock_guard lock(mutex_);
    if (content_.erase(from) == 1) content_.insert(to);
    names_.erase(from);
    return real_.rename(from, to);
  }
  Expected<void> remove(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    content_.erase(path);
    names_.erase(path);
    return real_.remove(path);
  }
  Expected<bool> make_folder(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    return real_.make_folder(path);
  }
  Expected<void> sync_folder(const std::string& path) override {
    const std::lock_guard lock(mutex_);
    if (!honour_) return {};
    for (const auto& entry : std::filesystem::directory_iterator(path)) names_.insert(entry.path().string());
    return {};
  }
  Expected<Bytes> read(const std::string& path, uint64_t offset, size_t size) override { return real_.read(path, offset, size); }
  Expected<std::vector<std::string>> list(const std::string& folder) override { return real_.list(folder); }
  uint64_t free_octets(const std::string& folder) override { return real_.free_octets(folder); }
  Expected<void> allocate(const std::string& path, uint64_t octets) override { return real_.allocate(path, octets); }

  /// Copies what would be found below `from`/blobs. The mutex is held by the caller.
  void cut(const std::string& from, const std::string& to) const {
    namespace fs = std::filesystem;
    fs::create_directories(fs::path(to) / "blobs");
    for (const auto& folder : fs::directory_iterator(fs::path(from) / "blobs")) {
      if (!folder.is_directory() || folder.path().filename() == "tmp" || !names_.contains(folder.path().string())) continue;
      for (const auto& file : fs::directory_iterator(folder.path())) {
        if (!names_.contains(file.path().string())) continue;
        const fs::path target = fs::path(to) / "blobs" / folder.path().filename() / file.path().filename();
        fs::create_directories(target.parent_path());
        if (content_.contains(file.path().string()))
          fs::copy_file(file.path(), target);
        else
          std::ofstream(target, std::ios::binary).flush();
      }
    }
  }

 private:
  class ShimFile final : public File {
   public:
    ShimFile(PowerCutFiles& owner, std::string path, std::unique_ptr<File> real) : owner_(owner), path_(std::move(path)), real_(std::move(real)) {}
    Expected<void> write(BytesView octets) override {
      const std::lock_guard lock(owner_.mutex_);
      owner_.content_.erase(path_);
      return real_->write(octets);
    }
    Expected<void> sync() override {
      const std::lock_guard lock(owner_.mutex_);
      if (owner_.honour_) owner_.content_.insert(path_);
      return {};
    }

   private:
    PowerCutFiles& owner_;
    std::string path_;
    std::unique_ptr<File> real_;
  };

  FileSystem& real_;
  std::mutex& mutex_;
  bool honour_ = true;
  std::set<std::string> content_;  ///< files whose content is on the disk
  std::set<std::string> names_;    ///< directory entries that are
};

}  // namespace postern::test
