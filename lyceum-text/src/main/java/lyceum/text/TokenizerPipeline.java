package lyceum.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import lyceum.random.Rng;
import lyceum.text.internal.AlignedText;
import lyceum.text.internal.ByteAlphabet;
import lyceum.text.internal.IntList;
import lyceum.text.internal.Splits;
import lyceum.text.internal.Utf8;

/**
 * A tokenizer out of parts: added tokens are found, the text between them is normalised, cut into words, and the model cuts the words into pieces; a template goes around
 * it, and a decoder leads back. It is what a {@code tokenizer.json} describes, and reads and writes that file whole.
 *
 * {@snippet :
 * var tokenizer = TokenizerPipeline.read(Path.of("tokenizer.json"));
 * int[] ids = tokenizer.ids("hello world");
 * }
 *
 * @see <a href="https://huggingface.co/docs/tokenizers/pipeline">Hugging Face tokenizers 0.21, whose file it is</a>
 */
public final class TokenizerPipeline implements Tokenizer {
    private final TokenizerSpec spec;
    private final Vocabulary vocabulary;
    private final Pieces pieces;
    private final AddedMatcher added, addedNormalized;
    private final Template template;
    private final EncodeOptions options;
    private final boolean raw, trims;
    private final String[] singles; // texts of ids alone, as they are asked for: a text that comes id by id asks for the same ones again and again

    public TokenizerPipeline(TokenizerSpec spec) {
        this.spec = spec;
        raw = endsInBytes(spec.preTokenizer());
        pieces = Pieces.of(spec.model(), raw, spec.specials()::isSpecial);
        vocabulary = whole(spec);
        singles = new String[vocabulary.size()];
        var normalizer = spec.normalizer();
        var tokens = spec.specials().added();
        Predicate<AddedToken> late = t -> t.normalized() && normalizer != null;
        added = new AddedMatcher(tokens.stream().filter(late.negate()).toList(), text -> text);
        addedNormalized = new AddedMatcher(tokens.stream().filter(late).toList(), text -> normalizer.apply(text));
        template = spec.postProcessor() == null ? Template.NONE : spec.postProcessor().template();
        trims = spec.postProcessor() != null && spec.postProcessor().trimsOffsets();
        options = EncodeOptions.DEFAULT.withTruncation(spec.truncation()).withPadding(spec.padding());
    }

    private static boolean endsInBytes(PreTokenizer step) {
        return step instanceof PreTokenizer.ByteLevel
                || step instanceof PreTokenizer.Sequence s && !s.preTokenizers().isEmpty() && endsInBytes(s.preTokenizers().getLast());
    }

    /** The model's vocabulary with the added tokens in their places. */
    private static Vocabulary whole(TokenizerSpec spec) {
        var model = spec.model().vocabulary();
        var specials = spec.specials();
        int size = model.size();
        for (var token : specials.added()) size = Math.max(size, token.id() + 1);
        var builder = new Vocabulary.Builder();
        for (int id = 0; id < size; id++) {
            var token = specials.find(id);
            boolean there = id < model.size();
            if (token == null && !there) builder.addReserved();
            else if (there && model.hasScores()) builder.addScored(token == null ? model.token(id) : token.text(), model.score(id));
            else if (there && model.hasCounts()) builder.addCounted(token == null ? model.token(id) : token.text(), model.count(id));
            else builder.add(token == null ? model.token(id) : token.text());
            if (token != null && token.special()) builder.special();
            if (token == null && there && model.isReserved(id)) builder.reserved();
        }
        return builder.unknown(spec.model().unknown()).build();
    }

    /** The parts. */
    public TokenizerSpec spec() { return spec; }

    @Override public Vocabulary vocabulary() { return vocabulary; }

    @Override public SpecialTokens specials() { return spec.specials(); }

    @Override public Template template() { return template; }

    @Override public EncodeOptions options() { return options; }

    /** Whether pieces are bytes spelled in GPT-2's alphabet: nothing is ever unknown, and decoding gives the text back. */
    public boolean isByteLevel() { return raw; }

    /** The same tokenizer that neither cuts nor fills by default, whatever its file says. */
    public TokenizerPipeline whole() { return new TokenizerPipeline(spec.withTruncation(null).withPadding(null)); }

    @Override public void tokenize(String text, Controls controls, TokenBuffer out) { run(text, controls, new Pieces.Sink(out, trims)); }

    /**
     * The ids of another segmentation, for training (subword regularisation): of a unigram model drawn with probability proportional to the segmentation's to the power
     * {@code rate}; of BPE with each merge left out with probability {@code rate} (BPE-dropout). Word models have one segmentation.
     */
    public int[] sample(String text, double rate, Rng rng) {
        boolean dropout = spec.model() instanceof Bpe;
        if (!(rate >= 0) || dropout && rate > 1)
            throw new IllegalArgumentException("sample: rate " + rate + (dropout ? "; it lies in [0, 1]" : "; it is not negative"));
        var sink = new Pieces.Sink(TokenBuffer.ofIds(), trims);
        sink.rng = rng;
        sink.rate = rate;
        run(text, Controls.TEXT, sink);
        return sink.out.toIds();
    }

    private void run(String text, Controls controls, Pieces.Sink sink) {
        byte[] b = Utf8.bytes(text);
        int at = 0;
        if (!added.isEmpty()) {
            var match = new AddedMatcher.Match();
            while (added.find(b, at, b.length, controls, match)) {
                segment(AlignedText.of(b, at, match.from), controls, at == 0, sink);
                sink.out.add(match.token.id(), match.from, match.to, -1);
                at = match.to;
            }
        }
        segment(AlignedText.of(b, at, b.length), controls, at == 0, sink);
    }

    private void segment(AlignedText text, Controls controls, boolean first, Pieces.Sink sink) {
        if (text.isEmpty()) return;
        if (spec.normalizer() != null) text = Normalizing.apply(spec.normalizer(), text);
        int at = text.from;
        if (!addedNormalized.isEmpty()) {
            var match = new AddedMatcher.Match();
            while (addedNormalized.find(text.b, at, text.to, controls, match)) {
                words(text.part(at, match.from), first && at == text.from, sink);
                sink.out.add(match.token.id(), text.start(match.from), text.end(match.to - 1), -1);
                at = match.to;
            }
        }
        words(text.part(at, text.to), first && at == text.from, sink);
    }

    private void words(AlignedText text, boolean first, Pieces.Sink sink) {
        if (text.isEmpty()) return;
        var splits = new Splits(text);
        if (spec.preTokenizer() != null) Splitting.apply(spec.preTokenizer(), splits, raw, first);
        sink.text = splits.text;
        var spans = splits.spans;
        for (int i = 0; i < spans.size; i += 2) {
            pieces.cut(splits.text.b, spans.get(i), spans.get(i + 1), sink);
            sink.word++;
        }
    }

    /** The words of a text before the model cuts them, normalised. */
    public List<String> words(String text) {
        byte[] b = Utf8.bytes(text);
        var all = AlignedText.of(b, 0, b.length);
        if (spec.normalizer() != null) all = Normalizing.apply(spec.normalizer(), all);
        var splits = new Splits(all);
        if (spec.preTokenizer() != null) Splitting.apply(spec.preTokenizer(), splits, false, true);
        var words = new ArrayList<String>();
        for (int i = 0; i < splits.count(); i++) words.add(splits.text.part(splits.from(i), splits.to(i)).toString());
        return words;
    }

    @Override public int settled(String beginning, Controls controls) {
        boolean plain = spec.normalizer() == null || spec.normalizer() instanceof TextNormalizer.Bert
                || spec.normalizer() instanceof TextNormalizer.Lowercase;
        if (!plain || added.looksAround || addedNormalized.looksAround) return 0;
        byte[] b = Utf8.bytes(beginning);
        int most = b.length - Math.max(1, 3 * Math.max(added.longest, addedNormalized.longest)), settled = 0, at = 0;
        var match = new AddedMatcher.Match();
        var pattern = pattern(spec.preTokenizer());
        var preTokenizer = spec.preTokenizer();
        if (pattern == null || spec.normalizer() != null || !addedNormalized.isEmpty()) {
            boolean spaced = preTokenizer instanceof PreTokenizer.Bert || preTokenizer instanceof PreTokenizer.Whitespace
                    || preTokenizer instanceof PreTokenizer.WhitespaceSplit;
            if (!spaced || spec.specials().added().stream().anyMatch(t -> t.text().chars().anyMatch(c -> c <= ' '))) return 0;
            // white space ends a word and begins nothing
            for (int i = b.length - 1; i > 0; i--) if (b[i] == ' ' || b[i] == '\n') return chars(b, i);
            return 0;
        }
        while (added.find(b, at, b.length, controls, match)) {
            if (match.to > most) {
                most = Math.min(most, match.from);
                break;
            }
            at = settled = match.to;
        }
        var spans = new IntList();
        // where an added token may stand the text before it ends, so what looked at that place is not sure
        int end = added.isEmpty() ? b.length : Math.max(at, most);
        while (end < b.length && end > at && Utf8.isContinuation(b[end])) end--;
        int sure = pattern.find(b, at, end, spans);
        int last = spans.size;
        while (last > 0 && spans.get(last - 1) > Math.min(sure, most)) last -= 2;
        // white space ends a text otherwise than it stands before a word: the words up to an end must be the same without what follows
        for (int tries = 8; last > 0 && tries > 0; tries--, last -= 2)
            if (endsAlone(pattern, b, at, spans, last)) return chars(b, Math.max(settled, spans.get(last - 1)));
        return chars(b, settled);
    }

    private static boolean endsAlone(TextPattern pattern, byte[] b, int from, IntList spans, int size) {
        var alone = new IntList();
        pattern.find(b, from, spans.get(size - 1), alone);
        if (alone.size != size) return false;
        for (int i = 0; i < size; i++) if (alone.get(i) != spans.get(i)) return false;
        return true;
    }

    private static int chars(byte[] b, int to) { return new String(b, 0, to, StandardCharsets.UTF_8).length(); }

    /** The pattern that cuts a text into words on its own, null where there is more to it. */
    private static TextPattern pattern(PreTokenizer step) {
        if (step instanceof PreTokenizer.ByteLevel b && b.useRegex() && !b.addPrefixSpace()) return GPT2;
        if (step instanceof PreTokenizer.Split s && s.behavior() == PreTokenizer.Behavior.ISOLATED && s.pattern().isRegex())
            return s.pattern();
        if (step instanceof PreTokenizer.Sequence s && s.preTokenizers().size() == 2
                && s.preTokenizers().get(1) instanceof PreTokenizer.ByteLevel b && !b.useRegex() && !b.addPrefixSpace())
            return pattern(s.preTokenizers().get(0));
        return null;
    }

    private static final TextPattern GPT2 = TextPattern.of(PreTokenizer.GPT2);

    @Override public byte[] bytes(int id) {
        var token = vocabulary.token(id);
        if (spec.specials().find(id) != null) return token.getBytes(StandardCharsets.UTF_8);
        if (raw) return ByteAlphabet.bytesOrUtf8(token);
        int b = Decoding.byteOf(token);
        return b >= 0 ? new byte[] {(byte) b} : token.getBytes(StandardCharsets.UTF_8);
    }

    @Override public boolean decodesApart() { return spec.decoder() instanceof TokenDecoder.ByteLevel; }

    @Override public String decode(int[] ids, boolean skipSpecials) {
        boolean single = ids.length == 1 && ids[0] >= 0 && ids[0] < singles.length;
        if (!single) return decoded(ids, skipSpecials);
        if (skipSpecials && vocabulary.isSpecial(ids[0])) return decoded(ids, true);
        var known = singles[ids[0]];
        return known != null ? known : (singles[ids[0]] = decoded(ids, false));
    }

    private String decoded(int[] ids, boolean skipSpecials) {
        if (spec.decoder() instanceof TokenDecoder.ByteLevel) return Decoding.byteLevel(vocabulary, ids, skipSpecials);
        var tokens = new ArrayList<String>(ids.length);
        for (int id : ids) {
            var token = vocabulary.token(id);
            if (!skipSpecials || !vocabulary.isSpecial(id)) tokens.add(token);
        }
        return Decoding.text(spec.decoder(), tokens);
    }

    /** Reads a {@code tokenizer.json}. @throws lyceum.FormatException if it is none: says where */
    public static TokenizerPipeline read(Path file) throws IOException { return read(Files.readAllBytes(file)); }

    /** Reads the bytes of a {@code tokenizer.json}. */
    public static TokenizerPipeline read(byte[] json) { return new TokenizerPipeline(TokenizerJson.read(json)); }

    /** The bytes of a {@code tokenizer.json}; equal tokenizers give equal bytes. */
    public byte[] toJson() { return TokenizerJson.write(spec); }

    /** Writes a {@code tokenizer.json}. */
    public void write(Path file) throws IOException { Files.write(file, toJson()); }

    @Override public String toString() { return "tokenizer of " + vocabulary; }
}
