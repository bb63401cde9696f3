package lyceum.text;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import lyceum.FormatException;
import lyceum.format.ProtoReader;
import lyceum.text.SpecialTokens.Role;

/**
 * SentencePiece's {@code .model} files: pieces with scores and kinds, and how texts are normalised. Unigram and BPE models are read; both decode by joining pieces and
 * turning the mark U+2581 into spaces.
 *
 * <p>A space is put in front of every text and taken off again by decoding, where the file says so; runs of spaces become one, where it says that. Control tokens are never
 * found in a text.
 *
 * @see <a href="https://arxiv.org/abs/1808.06226">Kudo and Richardson (2018)</a>
 */
public final class SentencePiece {
    private static final int NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4, UNUSED = 5, BYTE = 6;
    private static final int MOST_PIECES = 4_000_000;

    private SentencePiece() {}

    /** Reads a {@code .model} file. @throws FormatException if it is none: names the byte */
    public static TokenizerPipeline read(Path file) throws IOException { return read(Files.readAllBytes(file)); }

    /** What a file says beside its pieces. */
    private static final class Settings {
        int modelType = 1;
        boolean byteFallback, dummyPrefix = true, extraSpaces = true, escape = true;
        byte[] charsMap = {};
        int bos = 1, eos = 2, pad = -1;
    }

    /** Reads the bytes of a {@code .model} file. */
    public static TokenizerPipeline read(byte[] model) {
        var builder = new Vocabulary.Builder();
        var kinds = new ArrayList<Integer>();
        var settings = new Settings();
        var in = new ProtoReader("SentencePiece model", model);
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> piece(in.message(), builder, kinds);
                case 2 << 3 | 2 -> trainer(in.message(), settings);
                case 3 << 3 | 2 -> normalizer(in.message(), settings);
                default -> in.skip(tag);
            }
            if (kinds.size() > MOST_PIECES) throw new FormatException("SentencePiece model: more than " + MOST_PIECES + " pieces");
        }
        try {
            return assembled(builder, kinds, settings);
        } catch (IllegalArgumentException e) {
            throw new FormatException("SentencePiece model: " + e.getMessage(), e);
        }
    }

    /**
     * A tokenizer from the same content in another file, as GGUF has it: a text is not normalised except for its spaces.
     *
     * @param kinds of pieces, by the numbers of {@code .model} files: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
     * @param unigram whether pieces are chosen by likelihood; else they are merged, the greatest score first
     * @param spaceBefore whether a text begins with a space
     * @param bos id that begins a text, or -1
     * @param eos id that ends it, or -1
     * @throws FormatException naming a piece that cannot be
     */
    public static TokenizerPipeline of(List<String> pieces, float[] scores, int[] kinds, boolean unigram, boolean spaceBefore, int bos,
            int eos) {
        if (scores.length != pieces.size() || kinds.length != pieces.size()) throw new FormatException("SentencePiece: " + pieces.size()
                + " pieces, " + scores.length + " scores and " + kinds.length + " kinds; there is one of each for each");
        var builder = new Vocabulary.Builder();
        var all = new ArrayList<Integer>();
        var settings = new Settings();
        settings.modelType = unigram ? 1 : 2;
        settings.extraSpaces = false;
        settings.dummyPrefix = spaceBefore;
        settings.bos = bos;
        settings.eos = eos;
        for (int id = 0; id < kinds.length; id++) {
            add(pieces.get(id), scores[id], kinds[id], builder, all);
            settings.byteFallback |= kinds[id] == BYTE;
        }
        try {
            return assembled(builder, all, settings);
        } catch (IllegalArgumentException e) {
            throw new FormatException("SentencePiece: " + e.getMessage(), e);
        }
    }

    private static void piece(ProtoReader in, Vocabulary.Builder builder, List<Integer> kinds) {
        String text = null;
        float score = 0;
        int kind = NORMAL;
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 1 << 3 | 2 -> text = in.text();
                case 2 << 3 | 5 -> score = in.float32();
                case 3 << 3 -> kind = (int) in.varint();
                default -> in.skip(tag);
            }
        }
        add(text, score, kind, builder, kinds);
    }

    private static void add(String text, float score, int kind, Vocabulary.Builder builder, List<Integer> kinds) {
        if (text == null || text.isEmpty()) throw new FormatException("SentencePiece model: piece " + builder.size() + " has no text");
        if (kind < NORMAL || kind > BYTE)
            throw new FormatException("SentencePiece model: piece " + builder.size() + " is of kind " + kind + ", which is not known");
        builder.addScored(text, score);
        if (kind == CONTROL) builder.special();
        if (kind == UNUSED) builder.reserved();
        kinds.add(kind);
    }

    private static void trainer(ProtoReader in, Settings s) {
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 3 << 3 -> s.modelType = (int) in.varint();
                case 35 << 3 -> s.byteFallback = in.varint() != 0;
                case 41 << 3 -> s.bos = (int) in.varint();
                case 42 << 3 -> s.eos = (int) in.varint();
                case 43 << 3 -> s.pad = (int) in.varint();
                default -> in.skip(tag);
            }
        }
    }

    private static void normalizer(ProtoReader in, Settings s) {
        while (in.hasNext()) {
            int tag = in.tag();
            switch (tag) {
                case 2 << 3 | 2 -> s.charsMap = in.bytes();
                case 3 << 3 -> s.dummyPrefix = in.varint() != 0;
                case 4 << 3 -> s.extraSpaces = in.varint() != 0;
                case 5 << 3 -> s.escape = in.varint() != 0;
                default -> in.skip(tag);
            }
        }
    }

    private static TokenizerPipeline assembled(Vocabulary.Builder builder, List<Integer> kinds, Settings s) {
        int unknownId = kinds.indexOf(UNKNOWN);
        var pieces = builder.build();
        var unknown = unknownId < 0 ? null : pieces.token(unknownId);
        var vocabulary = pieces.toBuilder().unknown(unknown).build();
        var userDefined = new HashSet<String>();
        boolean split = s.escape;
        for (int id = 0; id < kinds.size(); id++) {
            if (kinds.get(id) == USER_DEFINED) userDefined.add(pieces.token(id));
            split &= pieces.token(id).indexOf('\u2581', 1) < 0;
        }
        var steps = new ArrayList<TextNormalizer>();
        if (s.charsMap.length > 0) steps.add(new TextNormalizer.Precompiled(s.charsMap));
        if (s.extraSpaces) {
            steps.add(new TextNormalizer.Replace(TextPattern.of("\\A +| +\\z"), ""));
            steps.add(new TextNormalizer.Replace(TextPattern.of(" {2,}"), " "));
        }
        if (s.dummyPrefix) steps.add(new TextNormalizer.Prepend(s.escape ? Texts.MARK : " "));
        if (s.escape) steps.add(new TextNormalizer.Replace(TextPattern.literal(" "), Texts.MARK));
        var normalizer = steps.isEmpty() ? null : new TextNormalizer.Sequence(steps);
        SubwordModel model = switch (s.modelType) {
            case 1 -> new Unigram(vocabulary, unknown, s.byteFallback, userDefined);
            case 2 -> new Bpe(vocabulary, merges(vocabulary, kinds), unknown, "", "", true, s.byteFallback, false, true, userDefined);
            default -> throw new FormatException("SentencePiece model: the model type " + s.modelType
                    + " (words or characters) is not supported; 1 (Unigram) and 2 (BPE) are");
        };
        var added = new ArrayList<AddedToken>();
        for (int id = 0; id < kinds.size(); id++) if (kinds.get(id) == CONTROL) added.add(AddedToken.control(pieces.token(id), id));
        var specials = new SpecialTokens(added);
        specials = named(named(named(specials, Role.BOS, s.bos), Role.EOS, s.eos), Role.PAD, s.pad);
        return new TokenizerPipeline(new TokenizerSpec(normalizer, split ? Texts.MARKED : null, model, null,
                Texts.pieces(normalizer, s.byteFallback), specials, null, null));
    }

    private static SpecialTokens named(SpecialTokens specials, Role role, int id) {
        return specials.find(id) == null ? specials : specials.with(role, specials.find(id).text());
    }

    /** All pairs of pieces that are a piece; the greater score is the earlier merge, and scores fall with the ids. */
    private static List<Bpe.Merge> merges(Vocabulary v, List<Integer> kinds) {
        var merges = new ArrayList<Bpe.Merge>();
        double last = Double.POSITIVE_INFINITY;
        for (int id = 0; id < v.size(); id++) {
            if (kinds.get(id) == UNUSED) throw new FormatException(
                    "SentencePiece model: the piece \"" + v.token(id) + "\" of its BPE is unused, which is not supported");
            if (kinds.get(id) != NORMAL) continue;
            if (v.score(id) > last)
                throw new FormatException("SentencePiece model: the scores of its BPE rise at piece " + id + "; they fall with the ids");
            last = v.score(id);
            var piece = v.token(id);
            for (int cut = 1; cut < piece.length(); cut++) {
                if (Character.isLowSurrogate(piece.charAt(cut))) continue;
                int left = v.id(piece.substring(0, cut)), right = v.id(piece.substring(cut));
                if (left >= 0 && right >= 0 && kinds.get(left) == NORMAL && kinds.get(right) == NORMAL)
                    merges.add(new Bpe.Merge(v.token(left), v.token(right)));
            }
        }
        return merges;
    }

    /**
     * The bytes of a {@code .model} file.
     *
     * @throws IllegalArgumentException if the tokenizer does something that such a file cannot say: names it
     */
    public static byte[] write(TokenizerPipeline tokenizer) {
        var spec = tokenizer.spec();
        if (!(spec.model() instanceof Unigram unigram)) throw new IllegalArgumentException(
                "SentencePiece.write: only unigram models are written, not " + spec.model().getClass().getSimpleName());
        var v = tokenizer.vocabulary();
        var out = new ByteArrayOutputStream();
        for (int id = 0; id < v.size(); id++) {
            var piece = new ByteArrayOutputStream();
            field(piece, 1, v.token(id).getBytes(StandardCharsets.UTF_8));
            varint(piece, 2 << 3 | 5);
            piece.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat((float) v.score(id)).array());
            int kind = v.token(id).equals(unigram.unknown()) ? UNKNOWN
                    : v.isSpecial(id) ? CONTROL : v.isReserved(id) ? UNUSED : unigram.byteFallback() && Decoding.byteOf(v.token(id)) >= 0
                            ? BYTE : unigram.userDefined().contains(v.token(id)) ? USER_DEFINED : NORMAL;
            varint(piece, 3 << 3);
            varint(piece, kind);
            field(out, 1, piece.toByteArray());
        }
        var trainer = new ByteArrayOutputStream();
        number(trainer, 3, 1);
        number(trainer, 35, unigram.byteFallback() ? 1 : 0);
        int[] fields = {41, 42, 43};
        Role[] roles = {Role.BOS, Role.EOS, Role.PAD};
        for (int i = 0; i < 3; i++) number(trainer, fields[i], spec.specials().id(roles[i]).orElse(-1));
        field(out, 2, trainer.toByteArray());
        field(out, 3, normalizer(spec));
        var again = read(out.toByteArray()).spec();
        same("normalizer", spec.normalizer(), again.normalizer());
        same("pre-tokenizer", spec.preTokenizer(), again.preTokenizer());
        same("post-processor", spec.postProcessor(), null);
        same("decoder", spec.decoder(), again.decoder());
        same("truncation", spec.truncation(), null);
        same("padding", spec.padding(), null);
        same("added tokens", spec.specials().added(), again.specials().added());
        for (var role : Role.values()) same("token for " + role, spec.specials().id(role), again.specials().id(role));
        same("user-defined pieces", unigram.userDefined(), ((Unigram) again.model()).userDefined());
        return out.toByteArray();
    }

    private static void same(String what, Object here, Object read) {
        if (!Objects.equals(here, read))
            throw new IllegalArgumentException("SentencePiece.write: a .model file cannot say the " + what + " " + here);
    }

    private static byte[] normalizer(TokenizerSpec spec) {
        var steps = new ArrayList<TextNormalizer>();
        if (spec.normalizer() instanceof TextNormalizer.Sequence s) steps.addAll(s.normalizers());
        else if (spec.normalizer() != null) steps.add(spec.normalizer());
        var out = new ByteArrayOutputStream();
        field(out, 1, "identity".getBytes(StandardCharsets.US_ASCII));
        boolean prefix = false, extra = false, escape = false;
        var known = Set.of("\\A +| +\\z", " {2,}");
        for (var step : steps) {
            switch (step) {
                case TextNormalizer.Precompiled map -> field(out, 2, map.charsMap());
                case TextNormalizer.Prepend p -> prefix = true;
                case TextNormalizer.Replace r when r.content().equals(Texts.MARK) -> escape = true;
                case TextNormalizer.Replace r when known.contains(r.pattern().source()) -> extra = true;
                default -> throw new IllegalArgumentException("SentencePiece.write: a .model file has no step " + step);
            }
        }
        number(out, 3, prefix ? 1 : 0);
        number(out, 4, extra ? 1 : 0);
        number(out, 5, escape ? 1 : 0);
        return out.toByteArray();
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        for (; (value & ~0x7FL) != 0; value >>>= 7) out.write((int) (value & 0x7F | 0x80));
        out.write((int) value);
    }

    private static void number(ByteArrayOutputStream out, int field, long value) {
        varint(out, (long) field << 3);
        varint(out, value);
    }

    private static void field(ByteArrayOutputStream out, int field, byte[] bytes) {
        varint(out, (long) field << 3 | 2);
        varint(out, bytes.length);
        out.writeBytes(bytes);
    }
}
