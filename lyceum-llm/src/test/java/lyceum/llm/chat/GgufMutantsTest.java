package lyceum.llm.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import lyceum.FormatException;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.checkpoint.GgufModel;
import lyceum.llm.checkpoint.GgufTokenizer;
import lyceum.memory.Memory;
import lyceum.random.Rng;
import lyceum.testing.Fuzz;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole models in GGUF files that are well formed and say what cannot be: settings of other values and types or gone, lists cut and repeated, tensors of other names,
 * types, shapes and lengths. Each opens, or is refused as malformed. Bytes that are bent anywhere are {@link lyceum.llm.ReaderFuzzTest}'s.
 */
class GgufMutantsTest {
    private static final List<String> TYPES = List.of("F32", "F16", "BF16", "F64", "I8", "I32", "Q8_0", "Q4_0", "Q4_K", "Q6_K", "Q3_K");
    private static final long[] NUMBERS = {0, 1, 2, 3, 4, 7, 8, 31, 32, 33, 64, 285, 4096, 65_536, 1 << 24, Integer.MAX_VALUE, 1L << 31,
            1L << 40, Long.MAX_VALUE, -1, -2, Long.MIN_VALUE};
    private static final String[] TEXTS = {"", "llama", "qwen2", "qwen3", "qwen2moe", "gemma2", "gpt2", "phi3", "gptneox", "t5", "default",
            "linear", "{% for m in messages %}", "{{ a", "\ud83d\ude00", "x".repeat(3_000)};

    @TempDir Path folder;
    private Gguf model;

    @BeforeEach void write() throws IOException {
        var tokenizer = BpeTrainer.byteLevel(290, PreTokenizer.GPT2).train(List.of("to be or not to be, that is the question"));
        var decoder = new DecoderLM(DecoderConfig.llama(tokenizer.vocabulary().size(), 64, 2, 32, 4, 2, 32), Rng.of(1));
        var settings = new LinkedHashMap<>(GgufTokenizer.settings(tokenizer));
        settings.put("tokenizer.chat_template", "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}");
        GgufModel.write(folder.resolve("model.gguf"), decoder, BlockFormat.Q8_0, settings);
        model = Gguf.read(folder.resolve("model.gguf"));
    }

    /** The model with one to three changes that the number says. */
    private void bent(long number, Path path) throws IOException {
        var random = new SplittableRandom(number);
        SequencedMap<String, Object> settings = new LinkedHashMap<>(model.metadata());
        SequencedMap<String, Gguf.Entry> tensors = new LinkedHashMap<>(model.entries());
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            if (random.nextInt(5) < 3) setting(settings, random);
            else tensor(tensors, random);
        }
        Gguf.write(path, settings, tensors);
    }

    private static <T> T one(List<T> of, SplittableRandom random) { return of.get(random.nextInt(of.size())); }

    private static void setting(SequencedMap<String, Object> settings, SplittableRandom random) {
        var name = one(List.copyOf(settings.keySet()), random);
        switch (random.nextInt(8)) {
            case 0 -> settings.remove(name);
            case 1 -> settings.put(name, value(random));
            case 2 ->
                    settings.put(
                            one(List.of("llama.expert_count", "llama.expert_used_count", "llama.rope.scaling.type",
                                    "llama.rope.scaling.factor", "llama.attention.clamp_kqv", "llama.attention.sliding_window"), random),
                            value(random));
            default -> settings.put(name, like(settings.get(name), random));
        }
    }

    /** Another value of the type that it had. */
    private static Object like(Object old, SplittableRandom random) {
        return switch (old) {
            case Long n -> random.nextBoolean() ? n + random.nextInt(5) - 2 : NUMBERS[random.nextInt(NUMBERS.length)];
            case Float _ -> new float[] {0, -1, 1e-30f, 1e30f, Float.NaN, Float.POSITIVE_INFINITY}[random.nextInt(6)];
            case Boolean b -> !b;
            case String _ -> TEXTS[random.nextInt(TEXTS.length)];
            case List<?> list -> list(list, random);
            default -> value(random);
        };
    }

    private static Object list(List<?> old, SplittableRandom random) {
        var list = new ArrayList<Object>(old);
        if (list.isEmpty()) return List.of("a");
        int at = random.nextInt(list.size());
        switch (random.nextInt(6)) {
            case 0 -> list.subList(at, list.size()).clear();
            case 1 -> list.remove(at);
            case 2 -> list.add(at, list.get(random.nextInt(list.size())));
            case 3 -> list.set(at, list.get(random.nextInt(list.size())));
            case 4 -> list.set(at, like(list.get(at), random));
            default -> list.addAll(old);
        }
        return list;
    }

    private static Object value(SplittableRandom random) {
        return switch (random.nextInt(6)) {
            case 0 -> NUMBERS[random.nextInt(NUMBERS.length)];
            case 1 -> 1.5f;
            case 2 -> random.nextBoolean();
            case 3 -> List.of();
            case 4 -> List.of(1L, 2L);
            default -> TEXTS[random.nextInt(TEXTS.length)];
        };
    }

    private static void tensor(SequencedMap<String, Gguf.Entry> tensors, SplittableRandom random) {
        if (tensors.isEmpty()) return;
        var name = one(List.copyOf(tensors.keySet()), random);
        var old = tensors.remove(name);
        long[] shape = old.shape().clone();
        switch (random.nextInt(6)) {
            case 0 -> { return; }
            case 1 -> name = random.nextBoolean() ? name + "x" : one(List.of("output.bias", "rope_freqs.weight", "blk.0.attn_q.bias",
                    "blk.9.ffn_up.weight", "blk.0.ffn_gate_exps.weight", "blk.0.attn_qkv.weight"), random);
            case 2 -> shape[random.nextInt(shape.length)] += random.nextInt(5) - 2;
            case 3 -> shape[random.nextInt(shape.length)] = NUMBERS[random.nextInt(NUMBERS.length)];
            case 4 -> shape = shape.length == 1 ? new long[] {1, shape[0]} : new long[] {shape[1], shape[0]};
            default -> shape = random.nextBoolean() ? new long[] {shape[0]} : new long[] {1, 1, shape[0], shape[shape.length - 1]};
        }
        var type = random.nextInt(3) == 0 ? one(TYPES, random) : old.type();
        long bytes = old.bytes().byteSize(), kept = random.nextInt(4) == 0 ? random.nextLong(bytes + 1) : bytes;
        tensors.put(name, new Gguf.Entry(name, type, shape, old.bytes().asSlice(0, kept)));
    }

    private void mutants(int n) {
        var path = folder.resolve("bent.gguf");
        var choices = new byte[64]; // their mutants say what is changed
        new SplittableRandom(1).nextBytes(choices);
        var report = Fuzz.of(choices).allowing(FormatException.class).allocatingAtMost(64L << 20).counting(() -> Memory.stats().inUse())
                .mutants(n, bytes -> {
                    bent(Arrays.hashCode(bytes), path);
                    LoadedModel.ready(path);
                    LoadedModel.open(path);
                });
        assertThat(report.refused()).isGreaterThan(n / 4);
        assertThat(report.accepted()).isGreaterThan(n / 50);
    }

    @Test void theModelItselfOpens() throws IOException {
        assertThat(LoadedModel.open(folder.resolve("model.gguf")).template()).isNotNull();
        assertThat(LoadedModel.ready(folder.resolve("model.gguf")).model().config().layers()).isEqualTo(2);
    }

    @Test void aThousandBentModelsOpenOrAreRefused() { mutants(1_000); }

    @Tag("heavy")
    @Test void twentyThousandBentModelsOpenOrAreRefused() { mutants(20_000); }
}
