package lyceum.text;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import lyceum.data.corpus.Corpus;

/** Texts that trainers read. */
final class Texts {
    static final String MARK = "\u2581";
    /** Cut before each space. */
    static final PreTokenizer SPACED = new PreTokenizer.Split(TextPattern.literal(" "), PreTokenizer.Behavior.MERGED_WITH_NEXT, false);
    /** Cut before each mark of space. */
    static final PreTokenizer MARKED = new PreTokenizer.Split(TextPattern.literal(MARK), PreTokenizer.Behavior.MERGED_WITH_NEXT, false);
    /** SentencePiece's way with spaces: one more in front, all of them visible. */
    static final TextNormalizer ESCAPED = new TextNormalizer.Sequence(
            List.of(new TextNormalizer.Prepend(MARK), new TextNormalizer.Replace(TextPattern.literal(" "), MARK)));

    private Texts() {}

    /** Back from pieces: the mark of space and the space in front as the normalizer put them. */
    static TokenDecoder pieces(TextNormalizer normalizer, boolean bytes) {
        var steps = new ArrayList<TokenDecoder>();
        if (puts(normalizer, false)) steps.add(new TokenDecoder.Replace(TextPattern.literal(MARK), " "));
        if (bytes) steps.add(new TokenDecoder.ByteFallback());
        steps.add(new TokenDecoder.Fuse());
        if (puts(normalizer, true)) steps.add(new TokenDecoder.Strip(" ", 1, 0));
        return new TokenDecoder.Sequence(steps);
    }

    /** Whether a normalizer puts the mark in front, or in place of spaces. */
    static boolean puts(TextNormalizer normalizer, boolean front) {
        return switch (normalizer) {
            case TextNormalizer.Sequence s -> s.normalizers().stream().anyMatch(n -> puts(n, front));
            case TextNormalizer.Prepend p -> front && p.content().equals(MARK);
            case TextNormalizer.Replace r -> !front && r.content().equals(MARK);
            case null, default -> false;
        };
    }

    /** The texts of a corpus, read once each time. */
    static Iterable<String> of(Corpus corpus) {
        return () -> {
            var reader = corpus.open();
            return new Iterator<>() {
                private String next = read();

                private String read() {
                    var document = reader.next();
                    if (document == null) reader.close();
                    return document == null ? null : document.text();
                }

                @Override public boolean hasNext() { return next != null; }

                @Override public String next() {
                    if (next == null) throw new NoSuchElementException();
                    var text = next;
                    next = read();
                    return text;
                }
            };
        };
    }

    /** Control tokens by name, with the roles that their names tell. */
    static SpecialTokens specials(List<String> names, SubwordModel model) {
        var added = new ArrayList<AddedToken>();
        for (var name : names) added.add(AddedToken.control(name, model.vocabulary().id(name)));
        return TokenizerJson.roles(new SpecialTokens(added), model.unknown(), null);
    }
}
