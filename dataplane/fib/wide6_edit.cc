#include "dataplane/fib/wide6_edit.h"

#include <algorithm>
#include <bit>

namespace isthmus::dataplane::wide6 {
namespace {

constexpr uint32_t kShiftOfWords = 5;     // of a slot with a word for every 32 /32s
constexpr uint32_t kShiftOfUniform = 16;  // of a slot with one word
constexpr unsigned kOrderOfWords = std::bit_width(kWordsPerSlot - 1);

// The first address of a /32, and the last one.
net::Bits128 first_of(uint32_t top) { return {uint64_t{top} << 32, 0}; }
net::Bits128 last_of(uint32_t top) { return {uint64_t{top} << 32 | 0xFFFFFFFF, ~uint64_t{0}}; }

unsigned run_count(uint64_t word) {
  return 1 + static_cast<unsigned>(std::popcount(static_cast<uint32_t>(word)));
}
bool is_uniform(uint32_t slot) { return (slot & 31) == kShiftOfUniform; }

}  // namespace

void Editor::rewrite(const Rib& after, const net::Prefix& region) {
  if (!fits()) return;  // what was built is of no use, not even to read
  if (region.length() > 32) return patch_entry(after, region);
  after.ranges(region, ranges_, 1);
  RangeCursor cursor(ranges_);
  const auto first = static_cast<uint32_t>(region.address().bits().hi >> 32);
  const auto last = static_cast<uint32_t>(region.last().bits().hi >> 32);
  for (uint32_t index = first >> 16; index <= last >> 16; ++index) {
    open_slot(index);
    if (region.length() > 16) {
      rewrite_slot(cursor, first, last);
      continue;
    }
    const auto inside = cursor.within(first_of(index << 16), last_of(index << 16 | 0xFFFF));
    if (inside.size() > 1) {
      RangeCursor slot_cursor(inside);
      rewrite_slot(slot_cursor, index << 16, index << 16 | 0xFFFF);
      continue;
    }
    const uint32_t leaf = kLeaf | builder_.cell_of(inside[0].value);
    if (!is_uniform(root_[index]) || !is_leaf(old_words()[0], leaf)) {
      replace_everything_in_slot();
      changes_.push_back({index, make_uniform(leaf)});
    }
    slot_ = kNone;
  }
}

void Editor::patch_entry(const Rib& after, const net::Prefix& region) {
  const auto top = static_cast<uint32_t>(region.address().bits().hi >> 32);
  open_slot(top >> 16);
  open_word((top & 0xFFFF) / kEntriesPerWord);
  uint32_t& entry = entries_[top % kEntriesPerWord];
  entry = patch_.patched(entry, 32, after, region);
}

// Words that are all one value, and were before, are most of a slot in a sparse table.
void Editor::rewrite_slot(RangeCursor& cursor, uint32_t first, uint32_t last) {
  while (true) {
    const uint32_t index = (first & 0xFFFF) / kEntriesPerWord;
    const uint32_t end = std::min(last, first | (kEntriesPerWord - 1));
    const auto inside = cursor.within(first_of(first), last_of(end));
    const bool stays = inside.size() == 1 && index != word_ &&
                       is_leaf(word_now(index), kLeaf | builder_.cell_of(inside[0].value));
    if (!stays) {
      open_word(index);
      rewrite_word(inside, first, end);
    }
    if (end == last) return;
    first = end + 1;
  }
}

void Editor::rewrite_word(std::span<const ValueRange> ranges, uint32_t first, uint32_t last) {
  RangeCursor entry_cursor(ranges);
  for (uint32_t top = first;; ++top) {
    uint32_t& entry = entries_[top % kEntriesPerWord];
    builder_.replace(entry);
    entry = builder_.entry(entry_cursor.within(first_of(top), last_of(top)), 32);
    if (top == last) return;
  }
}

void Editor::open_slot(uint32_t index) {
  if (slot_ == index) return;
  close_slot();
  slot_ = index;
}

void Editor::close_slot() {
  if (slot_ == kNone) return;
  close_word();
  if (!words_.empty()) {
    const uint32_t leaf = entries_of(words_[0])[0];
    const bool uniform = (leaf & kLeaf) != 0 && std::ranges::all_of(words_, [&](uint64_t word) {
                           return is_leaf(word, leaf);
                         });
    if (uniform) {
      for (const uint64_t word : words_) replace_word(word);
    }
    if (slot_changed_) {
      replace_words_of_slot();
      uint32_t slot = 0;
      if (uniform) {
        slot = make_uniform(leaf);
      } else {
        const uint32_t first = blocks_.make(Block::Kind::Words, kOrderOfWords);
        std::ranges::copy(words_, &memory_.words[first]);
        slot = first << 5 | kShiftOfWords;
      }
      changes_.push_back({slot_, slot});
    }
  }
  slot_ = kNone;
  slot_changed_ = false;
  words_.clear();
}

void Editor::open_word(uint32_t index) {
  if (word_ == index) return;
  close_word();
  word_ = index;
  entries_ = expand(word_now(index));
}

void Editor::close_word() {
  if (word_ == kNone) return;
  load_words();
  uint64_t& word = words_[word_];
  if (expand(word) != entries_) {
    replace_word(word);
    word = make_word(runs_of(entries_));
    slot_changed_ = true;
  }
  word_ = kNone;
}

// A uniform slot becomes one with as many words as it may need.
void Editor::load_words() {
  if (!words_.empty()) return;
  const auto old = old_words();
  words_.assign(kWordsPerSlot, uint64_t{kNowhere} << 32);
  if (!is_uniform(root_[slot_])) {
    std::ranges::copy(old, words_.begin());
    return;
  }
  for (uint64_t& word : words_) word = make_leaf_word(entries_of(old[0])[0]);
}

std::span<const uint64_t> Editor::old_words() const {
  return {&memory_.words[root_[slot_] >> 5], is_uniform(root_[slot_]) ? 1 : kWordsPerSlot};
}

uint64_t Editor::word_now(uint32_t index) const {
  if (!words_.empty()) return words_[index];
  const auto old = old_words();
  return old[is_uniform(root_[slot_]) ? 0 : index];
}

std::span<uint32_t> Editor::entries_of(uint64_t word) const {
  return {&memory_.entries[static_cast<uint32_t>(word >> 32)], run_count(word)};
}

Editor::Entries Editor::expand(uint64_t word) const {
  Entries entries;
  const uint32_t* entry = entries_of(word).data();
  for (unsigned i = 0; i < kEntriesPerWord; ++i) {
    if ((word >> i & 1) != 0) ++entry;
    entries[i] = *entry;
  }
  return entries;
}

bool Editor::is_leaf(uint64_t word, uint32_t leaf) const {
  return static_cast<uint32_t>(word) == 0 && entries_of(word)[0] == leaf;
}

Editor::Runs Editor::runs_of(const Entries& entries) {
  Runs runs;
  for (unsigned i = 0; i < kEntriesPerWord; ++i) {
    if (i > 0 && entries[i] == entries[i - 1]) continue;
    if (i > 0) runs.begins |= uint32_t{1} << i;
    runs.entries[runs.count++] = entries[i];
  }
  return runs;
}

uint64_t Editor::make_word(const Runs& runs) {
  if (runs.count == 1 && runs.entries[0] == kLeaf) return uint64_t{kNowhere} << 32;
  const uint32_t first = blocks_.make(Block::Kind::Entries, Pool<uint32_t>::order_of(runs.count));
  std::copy_n(runs.entries.begin(), runs.count, &memory_.entries[first]);
  return uint64_t{first} << 32 | runs.begins;
}

uint64_t Editor::make_leaf_word(uint32_t leaf) {
  Runs runs;
  runs.count = 1;
  runs.entries[0] = leaf;
  return make_word(runs);
}

void Editor::replace_word(uint64_t word) {
  const auto first = static_cast<uint32_t>(word >> 32);
  if (first == kNowhere) return;
  blocks_.replace(Block::Kind::Entries, Pool<uint32_t>::order_of(run_count(word)), first);
}

uint32_t Editor::make_uniform(uint32_t leaf) {
  if (leaf == kLeaf) return kNowhere << 5 | kShiftOfUniform;
  const uint64_t word = make_leaf_word(leaf);
  const uint32_t place = blocks_.make(Block::Kind::Words, 0);
  memory_.words[place] = word;
  return place << 5 | kShiftOfUniform;
}

// Not what stands behind them, which other words may have taken over.
void Editor::replace_words_of_slot() {
  const uint32_t first = root_[slot_] >> 5;
  if (!is_uniform(root_[slot_])) {
    blocks_.replace(Block::Kind::Words, kOrderOfWords, first);
  } else if (first != kNowhere) {
    replace_word(memory_.words[first]);
    blocks_.replace(Block::Kind::Words, 0, first);
  }
}

void Editor::replace_everything_in_slot() {
  if (!is_uniform(root_[slot_])) {
    for (const uint64_t word : old_words()) {
      for (const uint32_t entry : entries_of(word)) builder_.replace(entry);
      replace_word(word);
    }
  }
  replace_words_of_slot();
}

// Where a single word is open and its slot stays as it is otherwise, what one store can do.
bool Editor::try_store_in_word(Store& store) {
  if (word_ == kNone || !words_.empty() || !changes_.empty() || is_uniform(root_[slot_]))
    return false;
  const Runs runs = runs_of(entries_);
  uint64_t& word = memory_.words[(root_[slot_] >> 5) + word_];
  if (expand(word) == entries_) return true;
  const std::span<uint32_t> entries = entries_of(word);
  const bool becomes_uniform = runs.count == 1 && (runs.entries[0] & kLeaf) != 0 &&
                               std::ranges::all_of(old_words(), [&](const uint64_t& other) {
                                 return &other == &word || is_leaf(other, runs.entries[0]);
                               });
  if (becomes_uniform) return false;
  const bool same_runs = runs.begins == static_cast<uint32_t>(word) && word >> 32 != kNowhere;
  if (same_runs && !(runs.count == 1 && runs.entries[0] == kLeaf)) {
    const auto differs = [&](size_t i) { return entries[i] != runs.entries[i]; };
    size_t different = 0;
    for (size_t i = 0; i < runs.count; ++i) {
      if (!differs(i)) continue;
      ++different;
      store = {Store::Kind::Cell, &entries[i], nullptr, runs.entries[i]};
    }
    if (different == 1) return true;
  }
  replace_word(word);
  store = {Store::Kind::Word, nullptr, &word, make_word(runs)};
  return true;
}

Store Editor::in_place() {
  Store store;
  if (try_store_in_word(store) || !finish()) return store;
  if (changes_.size() == 1)
    return {Store::Kind::Cell, &root_[changes_[0].index], nullptr, changes_[0].slot};
  store.kind = Store::Kind::NewView;
  return store;
}

bool Editor::finish() {
  close_slot();
  return !changes_.empty();
}

void Editor::apply(uint32_t* root) const {
  for (const SlotChange& change : changes_) root[change.index] = change.slot;
}

}  // namespace isthmus::dataplane::wide6
