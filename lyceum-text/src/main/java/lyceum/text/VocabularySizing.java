package lyceum.text;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import lyceum.text.internal.Utf8;

/**
 * What the size of a vocabulary buys and costs on a text.
 *
 * @param size V
 * @param tokens of the text
 * @param bytes of the text in UTF-8
 * @param words of the text, between white space
 * @param unused entries that never occur
 * @param rare entries that occur, and fewer than a hundred times: little to train them on
 */
public record VocabularySizing(int size, long tokens, long bytes, long words, int unused, int rare) {
    private static final int RARE = 100;

    /** Tokens a word. */
    public double tokensPerWord() { return (double) tokens / words; }

    /** Tokens a byte. */
    public double tokensPerByte() { return (double) tokens / bytes; }

    /** Parameters of the embedding and the output layer for vectors of this width: V d where they share a table, 2 V d where they do not. */
    public long embeddingParameters(long width, boolean tied) {
        return Math.multiplyExact(tied ? 1L : 2L, Math.multiplyExact((long) size, width));
    }

    /**
     * Bits per byte of a model that needs so many nats a token: comparable between vocabularies, as nats per token are not.
     * {@code nats tokens / (bytes ln 2)}
     */
    public double bitsPerByte(double natsPerToken) { return natsPerToken * tokens / bytes / Math.log(2); }

    /** Encodes texts and counts. */
    public static VocabularySizing of(Tokenizer tokenizer, Iterable<String> texts) {
        var counts = new long[tokenizer.vocabulary().size()];
        long tokens = 0, bytes = 0, words = 0;
        var buffer = TokenBuffer.ofIds();
        for (var text : texts) {
            buffer.clear();
            tokenizer.tokenize(text, Controls.TEXT, buffer);
            tokens += buffer.size();
            for (int i = 0; i < buffer.size(); i++) counts[buffer.id(i)]++;
            bytes += Utf8.bytes(text).length;
            words += TokenizationReport.words(text);
        }
        int unused = 0, rare = 0;
        for (long count : counts) {
            if (count == 0) unused++;
            else if (count < RARE) rare++;
        }
        return new VocabularySizing(counts.length, tokens, bytes, words, unused, rare);
    }

    /** The same for many sizes: BPE learned once at the greatest and cut to the others. */
    public static List<VocabularySizing> sweep(TokenizerPipeline greatest, Iterable<String> texts, int... sizes) {
        var all = new ArrayList<VocabularySizing>();
        for (int size : sizes) all.add(of(cut(greatest, size), texts));
        return all;
    }

    /**
     * BPE with the first {@code size} pieces and the merges that make them: what training at that size gives, since merges are learned one by one.
     *
     * @throws IllegalArgumentException if it is no BPE, or if so few pieces do not hold the alphabet
     */
    public static TokenizerPipeline cut(TokenizerPipeline tokenizer, int size) {
        if (!(tokenizer.spec().model() instanceof Bpe bpe))
            throw new IllegalArgumentException("VocabularySizing.cut: only BPE is a chain of merges; train anew");
        var v = bpe.vocabulary();
        if (size < 1 || size > v.size())
            throw new IllegalArgumentException("VocabularySizing.cut: " + size + " of " + v.size() + " pieces");
        var made = new BitSet();
        var merges = new ArrayList<Bpe.Merge>();
        for (var merge : bpe.merges()) {
            int id = v.id(bpe.joined(merge));
            made.set(id);
            // of all ways to make a piece those stay whose parts do
            if (id < size && v.id(merge.left()) < size && v.id(merge.right()) < size) merges.add(merge);
        }
        for (int id = size; id < v.size(); id++)
            if (!made.get(id)) throw new IllegalArgumentException(
                    "VocabularySizing.cut: \"" + v.token(id) + "\" is made by no merge and would be lost at size " + size);
        var builder = new Vocabulary.Builder();
        for (int id = 0; id < size; id++) builder.add(v.token(id));
        var smaller = new Bpe(builder.unknown(bpe.unknown()).build(), merges, bpe.unknown(), bpe.continuingPrefix(), bpe.endSuffix(),
                bpe.fuseUnknown(), bpe.byteFallback(), bpe.ignoreMerges(), bpe.rankByPiece(),
                bpe.userDefined().stream().filter(piece -> v.id(piece) < size).collect(Collectors.toSet()));
        return new TokenizerPipeline(tokenizer.spec().withModel(smaller));
    }
}
