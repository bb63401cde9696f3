package lyceum.llm.checkpoint;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.FormatException;
import lyceum.format.Gguf;
import lyceum.text.AddedToken;
import lyceum.text.Bpe;
import lyceum.text.PostProcessor;
import lyceum.text.PreTokenizer;
import lyceum.text.SentencePiece;
import lyceum.text.SpecialTokens;
import lyceum.text.SpecialTokens.Role;
import lyceum.text.Template;
import lyceum.text.TokenDecoder;
import lyceum.text.TokenizerPipeline;
import lyceum.text.TokenizerSpec;
import lyceum.text.Vocabulary;

/**
 * The tokenizer in a GGUF file: of the kind {@code llama} (SentencePiece's BPE), {@code t5} (its Unigram) or {@code gpt2} (bytes, with the
 * patterns of GPT-2, Llama 3, Qwen 2 and GPT-4o).
 *
 * {@snippet :
 * Tokenizer tokenizer = GgufTokenizer.read(Gguf.read(path));
 * GgufModel.write(other, model, null, GgufTokenizer.settings(pipeline));      // bytewise BPE can be written
 * }
 */
public final class GgufTokenizer {
    private static final String OWN = "tokenizer.ggml.";
    private static final int CONTROL = 3, USER_DEFINED = 4, NORMAL = 1;
    /** Qwen 2's: GPT-4's, each digit by itself. */
    private static final String QWEN2 = PreTokenizer.GPT4.replace("\\p{N}{1,3}", "\\p{N}");
    private static final Map<String, String> PATTERNS = Map.of("gpt-2", PreTokenizer.GPT2, "llama-bpe", PreTokenizer.GPT4, "qwen2", QWEN2,
            "gpt-4o", PreTokenizer.GPT4O);

    private GgufTokenizer() {}

    /** @throws FormatException if there is none, it is of another kind, or its lists do not fit */
    public static TokenizerPipeline read(Gguf file) {
        var metadata = file.metadata();
        var tokens = strings(metadata, "tokens");
        int n = tokens.size();
        int[] kinds = numbers(metadata, "token_type", n).stream().mapToInt(k -> (int) k.longValue()).toArray();
        int bos = id(metadata, "bos_token_id", n), eos = id(metadata, "eos_token_id", n), pad = id(metadata, "padding_token_id", n);
        var kind = String.valueOf(metadata.get(OWN + "model"));
        boolean gpt = kind.equals("gpt2");
        var tokenizer = switch (kind) {
            case "llama", "t5" -> SentencePiece.of(tokens, scores(metadata, n), kinds, kind.equals("t5"),
                    flag(metadata, "add_space_prefix", true), bos, eos);
            case "gpt2" -> bytes(metadata, tokens, kinds, bos, eos, pad);
            default -> throw new FormatException("gguf: tokenizer.ggml.model is " + kind + "; llama, t5 and gpt2 are known");
        };
        var template = bos >= 0 && flag(metadata, "add_bos_token", !gpt) ? Template.bos(tokenizer.specials()) : Template.NONE;
        if (eos >= 0 && flag(metadata, "add_eos_token", false)) {
            var end = new Template.Control(tokens.get(eos), List.of(eos), 0);
            template = new Template(with(template.single(), end), with(template.pair(), end));
        }
        return template == Template.NONE ? tokenizer
                : new TokenizerPipeline(tokenizer.spec().withPostProcessor(new PostProcessor.Templated(template)));
    }

    private static List<Template.Part> with(List<Template.Part> parts, Template.Part last) {
        var all = new ArrayList<>(parts);
        all.add(last);
        return all;
    }

    private static TokenizerPipeline bytes(Map<String, Object> metadata, List<String> tokens, int[] kinds, int bos, int eos, int pad) {
        var pre = String.valueOf(metadata.getOrDefault(OWN + "pre", "gpt-2"));
        var pattern = PATTERNS.get(pre.equals("default") ? "gpt-2" : pre);
        if (pattern == null) throw new FormatException("gguf: tokenizer.ggml.pre is " + pre + "; known are " + PATTERNS.keySet());
        try {
            var builder = new Vocabulary.Builder();
            var added = new ArrayList<AddedToken>();
            for (int id = 0; id < tokens.size(); id++) {
                builder.add(tokens.get(id));
                if (kinds[id] == CONTROL) added.add(AddedToken.control(tokens.get(id), id));
                if (kinds[id] == USER_DEFINED) added.add(AddedToken.word(tokens.get(id), id).withNormalized(false));
            }
            var specials = new SpecialTokens(added);
            for (var role : Map.of(Role.BOS, bos, Role.EOS, eos, Role.PAD, pad).entrySet())
                if (specials.find(role.getValue()) != null) specials = specials.with(role.getKey(), tokens.get(role.getValue()));
            var model = new Bpe(builder.build(), Bpe.readMerges(strings(metadata, "merges"))).withIgnoreMerges(pre.equals("llama-bpe"));
            return new TokenizerPipeline(new TokenizerSpec(null, PreTokenizer.byteLevel(pattern), model, null, new TokenDecoder.ByteLevel(),
                    specials, null, null));
        } catch (IllegalArgumentException e) {
            throw new FormatException("gguf: " + e.getMessage(), e);
        }
    }

    /**
     * A bytewise BPE as settings of a file.
     *
     * @throws IllegalArgumentException if it is another kind of tokenizer, or has a pattern that these files have no name for
     */
    public static SequencedMap<String, Object> settings(TokenizerPipeline tokenizer) {
        var spec = tokenizer.spec();
        var name = PATTERNS.entrySet().stream().filter(e -> PreTokenizer.byteLevel(e.getValue()).equals(spec.preTokenizer()))
                .map(Map.Entry::getKey).findFirst();
        if (!(spec.model() instanceof Bpe bpe) || name.isEmpty() || spec.normalizer() != null) throw new IllegalArgumentException(
                "GgufTokenizer: bytewise BPE with one of the patterns " + PATTERNS.keySet() + " can be written, not " + tokenizer);
        var all = new LinkedHashMap<String, Object>();
        var specials = spec.specials();
        int n = tokenizer.vocabulary().size();
        var kinds = new ArrayList<Long>();
        for (int id = 0; id < n; id++)
            kinds.add((long) (specials.isSpecial(id) ? CONTROL : specials.find(id) != null ? USER_DEFINED : NORMAL));
        all.put(OWN + "model", "gpt2");
        all.put(OWN + "pre", name.get());
        all.put(OWN + "tokens", tokenizer.vocabulary().tokens());
        all.put(OWN + "token_type", kinds);
        all.put(OWN + "merges", bpe.writeMerges());
        specials.id(Role.BOS).ifPresent(id -> all.put(OWN + "bos_token_id", (long) id));
        specials.id(Role.EOS).ifPresent(id -> all.put(OWN + "eos_token_id", (long) id));
        specials.id(Role.PAD).ifPresent(id -> all.put(OWN + "padding_token_id", (long) id));
        all.put(OWN + "add_bos_token", false);
        return all;
    }

    private static List<String> strings(Map<String, Object> metadata, String name) {
        if (metadata.get(OWN + name) instanceof List<?> list && list.stream().allMatch(String.class::isInstance))
            return list.stream().map(String.class::cast).toList();
        throw new FormatException("gguf: " + OWN + name + " is " + (metadata.containsKey(OWN + name) ? "no list of texts" : "missing"));
    }

    private static List<Long> numbers(Map<String, Object> metadata, String name, int n) {
        if (!metadata.containsKey(OWN + name)) return Collections.nCopies(n, (long) NORMAL);
        if (metadata.get(OWN + name) instanceof List<?> list && list.size() == n && list.stream().allMatch(Long.class::isInstance))
            return list.stream().map(Long.class::cast).toList();
        throw new FormatException("gguf: " + OWN + name + " is not a list of " + n + " whole numbers");
    }

    private static float[] scores(Map<String, Object> metadata, int n) {
        if (!(metadata.get(OWN + "scores") instanceof List<?> list) || list.size() != n || !list.stream().allMatch(Float.class::isInstance))
            throw new FormatException("gguf: " + OWN + "scores is not a list of " + n + " numbers");
        var scores = new float[n];
        for (int i = 0; i < n; i++) scores[i] = (Float) list.get(i);
        return scores;
    }

    private static int id(Map<String, Object> metadata, String name, int n) {
        if (!(metadata.get(OWN + name) instanceof Long id)) return -1;
        if (id < 0 || id >= n) throw new FormatException("gguf: " + OWN + name + " is " + id + "; there are " + n + " tokens");
        return (int) (long) id;
    }

    private static boolean flag(Map<String, Object> metadata, String name, boolean otherwise) {
        return metadata.get(OWN + name) instanceof Boolean flag ? flag : otherwise;
    }
}
