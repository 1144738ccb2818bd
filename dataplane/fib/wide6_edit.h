// The upper levels of the wide IPv6 table, root, words and entries, rewritten for some regions. For
// wide6.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/fib/rib.h"
#include "dataplane/fib/wide6_build.h"
#include "dataplane/fib/wide6_memory.h"
#include "dataplane/fib/wide6_patch.h"

namespace isthmus::dataplane::wide6 {

// What makes a change visible. Cells that are to be stored in place stand in nodes that readers
// use.
struct Store {
  enum class Kind : uint8_t { Nothing, Cell, Word, Default, NewView };
  Kind kind = Kind::Nothing;
  uint32_t* cell = nullptr;  // an entry or a slot of the root
  uint64_t* word = nullptr;
  uint64_t value = 0;
};

// Regions come in order and do not overlap.
//
// A slot and a word of it are open while regions fall into them. The first word is not put into a
// copy of its slot until another one is opened: if it stays alone, one store may do.
class Editor {
 public:
  Editor(Blocks& blocks, uint32_t* root)
      : blocks_(blocks),
        memory_(blocks.memory()),
        builder_(blocks),
        patch_(blocks, builder_),
        root_(root) {}

  void rewrite(const Rib& after, const net::Prefix& region);
  // The smallest store that makes all of it visible; NewView where that is a new root.
  Store in_place();
  // Else: the slots of the new root, of which the others are as before. True if there are any.
  bool finish();
  void apply(uint32_t* root) const;
  bool fits() const { return builder_.fits(); }

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  struct SlotChange {
    uint32_t index;
    uint32_t slot;
  };
  using Entries = std::array<uint32_t, kEntriesPerWord>;
  struct Runs {
    uint32_t begins = 0;  // a bit for each entry that differs from the one before
    unsigned count = 0;
    Entries entries{};
  };

  void open_slot(uint32_t index);
  void close_slot();
  void open_word(uint32_t index);
  void close_word();
  void patch_entry(const Rib& after, const net::Prefix& region);
  void rewrite_slot(RangeCursor& cursor, uint32_t first, uint32_t last);
  void rewrite_word(std::span<const ValueRange> ranges, uint32_t first, uint32_t last);

  void load_words();
  std::span<const uint64_t> old_words() const;  // one where the slot is uniform
  uint64_t word_now(uint32_t index) const;
  std::span<uint32_t> entries_of(uint64_t word) const;
  Entries expand(uint64_t word) const;
  bool is_leaf(uint64_t word, uint32_t leaf) const;
  bool try_store_in_word(Store& store);

  static Runs runs_of(const Entries& entries);
  uint64_t make_word(const Runs& runs);
  uint64_t make_leaf_word(uint32_t leaf);
  void replace_word(uint64_t word);
  uint32_t make_uniform(uint32_t leaf);
  void replace_words_of_slot();
  void replace_everything_in_slot();

  Blocks& blocks_;
  Memory& memory_;
  EntryBuilder builder_;
  EntryPatch patch_;
  uint32_t* root_;
  std::vector<ValueRange> ranges_;
  std::vector<SlotChange> changes_;

  uint32_t slot_ = kNone;  // the open one
  bool slot_changed_ = false;
  std::vector<uint64_t> words_;  // of the open slot, as they will be; empty: none is closed
  uint32_t word_ = kNone;        // the open one
  Entries entries_{};            // of the open word, as they will be
};

}  // namespace isthmus::dataplane::wide6
