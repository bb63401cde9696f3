package lyceum.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import lyceum.FormatException;
import lyceum.data.ContentHash;
import lyceum.text.internal.Utf8;

/**
 * An immutable bijection between tokens and the ids 0 to V-1.
 *
 * {@snippet :
 * var words = Vocabulary.counting(List.of("a", "b", "a")).mostFrequent(1);
 * int id = words.id("a");               // 0; -1 for what is not there
 * String token = words.token(id);
 * }
 *
 * <p>Beside its text a token may have a count (of the text it was learned from), a score (a log-probability of a unigram model) and marks: special (a control token) or
 * reserved (an id that nothing is encoded to). A look-up allocates nothing. Texts are compared {@code char} by {@code char}: nothing is normalised.
 */
public final class Vocabulary {
    private final String[] tokens;
    private final long[] counts;
    private final double[] scores;
    private final BitSet special, reserved;
    private final int unknown;
    private final int[] slots;

    private Vocabulary(Builder b) {
        int n = b.tokens.size();
        tokens = b.tokens.toArray(String[]::new);
        counts = b.counted ? Arrays.copyOf(b.counts, n) : null;
        scores = b.scored ? Arrays.copyOf(b.scores, n) : null;
        special = (BitSet) b.special.clone();
        reserved = (BitSet) b.reserved.clone();
        slots = new int[Integer.highestOneBit(Math.max(4, n)) * 4];
        for (int id = 0; id < n; id++) {
            int slot = slot(tokens[id]);
            if (slots[slot] != 0) throw new IllegalArgumentException(
                    "Vocabulary: \"" + tokens[id] + "\" has the ids " + (slots[slot] - 1) + " and " + id + "; a token has one");
            slots[slot] = id + 1;
        }
        unknown = b.unknown == null ? -1 : id(b.unknown);
        if (b.unknown != null && unknown < 0)
            throw new IllegalArgumentException("Vocabulary: the unknown token \"" + b.unknown + "\" is not in it");
    }

    /** Tokens in the order of their ids, put together one by one. */
    public static final class Builder {
        private final List<String> tokens = new ArrayList<>();
        private final BitSet special = new BitSet(), reserved = new BitSet();
        private long[] counts = new long[16];
        private double[] scores = new double[16];
        private boolean counted, scored;
        private String unknown;

        /** The next token. */
        public Builder add(String token) {
            tokens.add(Objects.requireNonNull(token, "token"));
            if (tokens.size() > counts.length) {
                counts = Arrays.copyOf(counts, 2 * counts.length);
                scores = Arrays.copyOf(scores, counts.length);
            }
            return this;
        }

        /** The next token and how often it was seen. */
        public Builder addCounted(String token, long count) {
            if (count < 0)
                throw new IllegalArgumentException("Vocabulary: \"" + token + "\" was seen " + count + " times; a count is not negative");
            add(token).counts[tokens.size() - 1] = count;
            counted = true;
            return this;
        }

        /** The next token and its score. */
        public Builder addScored(String token, double score) {
            add(token).scores[tokens.size() - 1] = score;
            scored = true;
            return this;
        }

        /** The last token is a control token. */
        public Builder special() {
            special.set(tokens.size() - 1);
            return this;
        }

        /** The next id is kept free: it has a name and nothing is encoded to it. */
        public Builder addReserved() {
            add("<|reserved id " + tokens.size() + "|>");
            reserved.set(tokens.size() - 1);
            return this;
        }

        /** Nothing is encoded to the last token. */
        Builder reserved() {
            reserved.set(tokens.size() - 1);
            return this;
        }

        /** The token that stands for all that are not in the vocabulary. */
        public Builder unknown(String token) {
            unknown = token;
            return this;
        }

        public int size() { return tokens.size(); }

        /** @throws IllegalArgumentException if a token is there twice: names it and both ids */
        public Vocabulary build() { return new Vocabulary(this); }
    }

    /** Tokens in the order of their ids. */
    public static Vocabulary of(List<String> tokens) {
        var builder = new Builder();
        for (var token : tokens) builder.add(token);
        return builder.build();
    }

    /** Tokens in the order of their ids. */
    public static Vocabulary of(String... tokens) { return of(List.of(tokens)); }

    /** The words of a text by falling count; equal counts in the order of the words. */
    public static Vocabulary counting(Iterable<String> words) {
        var counts = new TreeMap<String, Long>();
        for (var word : words) counts.merge(word, 1L, Long::sum);
        return ofCounts(counts);
    }

    /** Tokens by falling count; equal counts in the order of the tokens. */
    public static Vocabulary ofCounts(Map<String, Long> counts) {
        var entries = new ArrayList<>(counts.entrySet());
        entries.sort(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()));
        var builder = new Builder();
        for (var e : entries) builder.addCounted(e.getKey(), e.getValue());
        return builder.build();
    }

    /** Number of tokens, V. */
    public int size() { return tokens.length; }

    /** The id of a token, -1 if it is not there. */
    public int id(String token) { return slots[slot(token)] - 1; }

    /** The id of a token, that of the unknown token for what is not there. @throws IllegalStateException if there is no unknown token either */
    public int idOrUnknown(String token) {
        int id = id(token);
        if (id >= 0) return id;
        if (unknown < 0) throw new IllegalStateException(
                "Vocabulary: \"" + token + "\" is none of " + size() + " tokens, and none stands for the unknown");
        return unknown;
    }

    public boolean contains(String token) { return id(token) >= 0; }

    /** The token of an id. @throws IllegalArgumentException if there is none */
    public String token(int id) { return tokens[checked(id)]; }

    /** All tokens in the order of their ids. */
    public List<String> tokens() { return Collections.unmodifiableList(Arrays.asList(tokens)); }

    /** The id of the unknown token, -1 for none. */
    public int unknown() { return unknown; }

    /** How often a token was seen, 0 where nothing was counted. */
    public long count(int id) { return counts == null ? 0 * checked(id) : counts[checked(id)]; }

    /** A token's score, 0 where there is none. */
    public double score(int id) { return scores == null ? 0 * checked(id) : scores[checked(id)]; }

    public boolean hasCounts() { return counts != null; }

    public boolean hasScores() { return scores != null; }

    /** Whether a token is a control token. */
    public boolean isSpecial(int id) { return special.get(checked(id)); }

    /** Whether nothing is encoded to an id. */
    public boolean isReserved(int id) { return reserved.get(checked(id)); }

    /** The share of all that was counted which the first {@code k} tokens cover. */
    public double coverage(int k) {
        if (counts == null) throw new IllegalStateException("Vocabulary.coverage: nothing was counted; make it by counting or ofCounts");
        if (k < 0 || k > size()) throw new IllegalArgumentException("Vocabulary.coverage: the first " + k + " of " + size() + " tokens");
        long covered = 0, all = 0;
        for (int id = 0; id < size(); id++) {
            all += counts[id];
            if (id < k) covered += counts[id];
        }
        return all == 0 ? 0 : (double) covered / all;
    }

    /** The {@code k} tokens seen most often (control and unknown tokens beside them), their order kept. */
    public Vocabulary mostFrequent(int k) {
        if (counts == null) throw new IllegalStateException("Vocabulary.mostFrequent: nothing was counted");
        if (k < 0) throw new IllegalArgumentException("Vocabulary.mostFrequent: " + k + " tokens");
        var order = new ArrayList<Integer>();
        for (int id = 0; id < size(); id++) if (!always(id)) order.add(id);
        order.sort((a, b) -> counts[a] != counts[b] ? Long.compare(counts[b], counts[a]) : Integer.compare(a, b));
        var kept = new BitSet();
        for (int i = 0; i < Math.min(k, order.size()); i++) kept.set(order.get(i));
        return kept(kept);
    }

    /** The tokens seen at least so often, and the control and unknown tokens. */
    public Vocabulary withAtLeast(long count) {
        if (counts == null) throw new IllegalStateException("Vocabulary.withAtLeast: nothing was counted");
        var kept = new BitSet();
        for (int id = 0; id < size(); id++) if (counts[id] >= count) kept.set(id);
        return kept(kept);
    }

    private boolean always(int id) { return id == unknown || special.get(id); }

    private Vocabulary kept(BitSet kept) {
        var builder = new Builder();
        for (int id = 0; id < size(); id++) if (kept.get(id) || always(id)) copy(id, builder);
        return builder.unknown(unknown < 0 ? null : tokens[unknown]).build();
    }

    private void copy(int id, Builder to) {
        to.add(tokens[id]);
        int at = to.size() - 1;
        if (counts != null) to.counts[at] = counts[id];
        if (scores != null) to.scores[at] = scores[id];
        to.counted |= counts != null;
        to.scored |= scores != null;
        if (special.get(id)) to.special();
        if (reserved.get(id)) to.reserved.set(at);
    }

    /** A builder that holds this vocabulary's tokens: what is added gets the next ids, the old ones stay. */
    public Builder toBuilder() {
        var builder = new Builder();
        for (int id = 0; id < size(); id++) copy(id, builder);
        return builder.unknown(unknown < 0 ? null : tokens[unknown]);
    }

    /** With these behind; the old ids stay. @throws IllegalArgumentException if one is there already */
    public Vocabulary extendedBy(List<String> more) {
        var builder = toBuilder();
        for (var token : more) builder.add(token);
        return builder.build();
    }

    /** With the other's tokens that are not here behind, counts of both added up. */
    public Vocabulary mergedWith(Vocabulary other) {
        var builder = toBuilder();
        for (int id = 0; id < other.size(); id++) {
            int here = id(other.tokens[id]);
            if (here < 0) other.copy(id, builder);
            else if (other.counts != null) builder.counts[here] += other.counts[id];
        }
        builder.counted |= other.counts != null;
        return builder.build();
    }

    /** SHA-256 over tokens in order, to store beside weights: a model and another model's tokenizer fit in shape and in nothing else. */
    public String hash() {
        var all = new StringBuilder();
        for (var token : tokens) all.append(token.length()).append(':').append(token);
        return ContentHash.of(all.toString());
    }

    /** Reads {@code vocab.txt}: a token a line, its id the line's number from 0. @throws FormatException if a token is there twice or the bytes are no UTF-8 */
    public static Vocabulary readText(Path file) throws IOException { return readText(Files.readAllBytes(file)); }

    /** Reads the bytes of a {@code vocab.txt}; the end of line of the last token may be missing. */
    public static Vocabulary readText(byte[] bytes) {
        var text = Utf8.text(bytes, 0, bytes.length);
        var builder = new Builder();
        for (int at = 0; at < text.length();) {
            int end = text.indexOf('\n', at);
            if (end < 0) end = text.length();
            builder.add(text.substring(at, end));
            at = end + 1;
        }
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw new FormatException("vocab.txt: " + e.getMessage(), e);
        }
    }

    /** The bytes of a {@code vocab.txt}, a new line behind every token. @throws IllegalArgumentException if a token has a line's end in it */
    public byte[] toText() {
        var text = new StringBuilder();
        for (var token : tokens) {
            if (token.indexOf('\n') >= 0) throw new IllegalArgumentException(
                    "vocab.txt: \"" + token.replace("\n", "\\n") + "\" has a line's end in it; write JSON instead");
            text.append(token).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Writes {@code vocab.txt}. */
    public void writeText(Path file) throws IOException { Files.write(file, toText()); }

    private int checked(int id) {
        if (id < 0 || id >= tokens.length)
            throw new IllegalArgumentException("id " + id + " is none of this vocabulary's; they are 0 to " + (tokens.length - 1));
        return id;
    }

    private int slot(String token) {
        int mask = slots.length - 1, hash = token.hashCode() * 0x9E3779B9;
        for (int slot = hash ^ hash >>> 15;; slot++) {
            int at = slots[slot & mask];
            if (at == 0 || tokens[at - 1].equals(token)) return slot & mask;
        }
    }

    @Override public boolean equals(Object other) {
        return other instanceof Vocabulary v && Arrays.equals(tokens, v.tokens) && Arrays.equals(counts, v.counts)
                && Arrays.equals(scores, v.scores) && special.equals(v.special) && reserved.equals(v.reserved) && unknown == v.unknown;
    }

    @Override public int hashCode() { return Arrays.hashCode(tokens); }

    @Override public String toString() { return size() + " tokens"; }
}
