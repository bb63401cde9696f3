package lyceum.text.encoder;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.nn.BertConfig;
import lyceum.nn.BertEncoder;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Packing;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.encoder.EncoderOptions.Pooling;
import lyceum.text.encoder.EncoderOptions.TooLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MiniLM against ONNX Runtime, and what a sentence encoder promises beside. */
class SentenceEncoderTest {
    private static final EncoderOptions OPTIONS = new EncoderOptions();

    /** The least cosine of rows of the same number. */
    private static double leastCosine(Tensor a, Tensor b) {
        Tensor x = a.to(DType.F64), y = b.to(DType.F64);
        return x.mul(y).sum(1).div(x.square().sum(1).mul(y.square().sum(1)).sqrt()).min().item();
    }

    private static double gap(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }

    /** Clause 1: vectors equal ONNX Runtime's mean of the last hidden states with cosine 0.99999 on 200 sentences. */
    @Acceptance(topic = "semantic-search", clause = 1)
    @Test void miniLmsVectorsAreOnnxRuntimesMeans() {
        var texts = MiniLm.texts();
        var golden = MiniLm.golden();
        Evidence.of("sentences", texts.size(), exactly(200));
        var vectors = MiniLm.encoder().encode(texts);
        Evidence.of("least cosine", leastCosine(vectors, golden.get("vectors")), atLeast(0.99999));
        assertThat(vectors.square().sum(1).sub(1).abs().max().item()).isLessThan(1e-6);
        int[] ids = texts.stream().flatMapToInt(t -> Arrays.stream(MiniLm.encoder().tokenizer().ids(t))).toArray();
        assertThat(ids).isEqualTo(golden.get("ids").toIntArray());
    }

    /**
     * Clause 2: hidden states of the embeddings and of all six layers equal ONNX Runtime's to 1e-4 on 100 sentences, one text at a time: of every token and layer a number by itself,
     * and the sum of all numbers with signs.
     */
    @Acceptance(topic = "transformer-encoder", clause = 2)
    @Test void miniLmsLayersAreOnnxRuntimes() {
        var golden = MiniLm.golden();
        int[] lengths = golden.get("lengths").toIntArray(), ids = golden.get("ids").toIntArray();
        var states = golden.get("states");
        var signs = new float[384];
        for (int j = 0; j < 384; j++) signs[j] = (j * 2654435761L >> 15 & 1) == 1 ? -1 : 1;
        var sign = Tensor.of(signs).to(DType.F64);
        double worst = 0;
        int compared = 0;
        for (int text = 0, from = 0; text < lengths.length; from += lengths[text++]) {
            if (text % 2 == 1) continue;
            int n = lengths[text], first = from;
            var x = Tensor.of(Arrays.copyOfRange(ids, from, from + n), 1, n);
            var layers = Autograd.noGrad(() -> MiniLm.encoder().model().hiddenStates(x, null, null, Pass.inference()));
            for (int layer = 0; layer < 7; layer++) {
                var ours = layers.get(layer).get(0);
                double[] sums = ours.to(DType.F64).matmul(sign).toDoubleArray();
                for (int t = 0; t < n; t++) {
                    worst = Math.max(worst, Math.abs(sums[t] - states.get(first + t).get(layer).get(0).item()));
                    worst = Math.max(worst,
                            Math.abs(ours.get(t).get((37 * t + 61 * layer) % 384).item() - states.get(first + t).get(layer).get(1).item()));
                    compared++;
                }
            }
        }
        Evidence.of("sentences", lengths.length / 2, exactly(100));
        Evidence.of("tokens by layers", compared, atLeast(14_000));
        Evidence.of("largest gap of a hidden state, or of a token's signed sum", worst, atMost(1e-4));
    }

    @Test void whatATextGetsDoesNotDependOnItsBatch() {
        var texts = List.of("bank", "She sat on the bank of the river and watched the boats go by until the sun had set.", "",
                "The bank was closed.");
        var together = MiniLm.encoder().encode(texts);
        for (int i = 0; i < texts.size(); i++)
            assertThat(gap(together.get(i), Tensor.of(MiniLm.encoder().encode(texts.get(i))))).isLessThan(1e-5);
        assertThat(gap(MiniLm.encoder().with(OPTIONS.withBatchTokens(1)).encode(texts), together)).isLessThan(1e-5);
        assertThat(MiniLm.encoder().encode(List.of()).shape().toArray()).containsExactly(0, 384);
    }

    @Test void tokenVectorsPooledByHandAreTheTexts() {
        var texts = List.of("A bank by the river.", "Money lies in the bank");
        var found = MiniLm.encoder().tokens(texts);
        var means = MiniLm.encoder().encode(texts);
        for (int i = 0; i < texts.size(); i++) {
            var v = found.get(i).vectors();
            assertThat(v.size(0)).isEqualTo(found.get(i).encoding().size());
            var mean = v.mean(0);
            assertThat(gap(mean.div(mean.square().sum().sqrt()), means.get(i))).isLessThan(1e-5);
            assertThat(gap(v.get(0), MiniLm.encoder().with(OPTIONS.withPooling(Pooling.CLS).withNormalize(false)).encode(texts).get(i)))
                    .isLessThan(1e-5);
            assertThat(gap(v.max(0), MiniLm.encoder().with(OPTIONS.withPooling(Pooling.MAX).withNormalize(false)).encode(texts).get(i)))
                    .isLessThan(1e-5);
        }
        assertThat(gap(found.get(0).span(2, 6), found.get(0).vectors().get(2))).isZero();
        assertThatThrownBy(() -> found.get(0).span(90, 95)).hasMessageContaining("between characters 90 and 95");
    }

    @Test void paddedAndPackedBatchesAgree() {
        var tokenizer = MiniLm.encoder().tokenizer();
        int[] a = tokenizer.ids("a short one"), b = tokenizer.ids("a text that is a good deal longer than the other");
        var padded = new int[2 * b.length];
        System.arraycopy(a, 0, padded, 0, a.length);
        System.arraycopy(b, 0, padded, b.length, b.length);
        var packed = new int[a.length + b.length];
        System.arraycopy(a, 0, packed, 0, a.length);
        System.arraycopy(b, 0, packed, a.length, b.length);
        var model = MiniLm.encoder().model();
        Autograd.noGrad(() -> {
            var lengths = new Attention().withKeyLengths(Tensor.of(new int[] {a.length, b.length}));
            var x = model.forward(Tensor.of(padded, 2, b.length), null, lengths, Pass.inference());
            var y = model.forward(Tensor.of(packed, 1, packed.length), null, new Attention().withPacking(Packing.of(a.length, b.length)),
                    Pass.inference());
            assertThat(gap(x.get(0).narrow(0, 0, a.length), y.get(0).narrow(0, 0, a.length))).isLessThan(1e-5);
            assertThat(gap(x.get(1), y.get(0).narrow(0, a.length, b.length))).isLessThan(1e-5);
        });
    }

    @Test void bf16IsNearF32() {
        var texts = MiniLm.texts().subList(0, 40);
        var small = MiniLm.encoder().as(DType.BF16);
        assertThat(small.encode(texts).dtype()).isEqualTo(DType.F32);
        assertThat(leastCosine(small.encode(texts), MiniLm.encoder().encode(texts))).isGreaterThan(0.9995);
    }

    @Test void int8IsNearF32() {
        var texts = MiniLm.texts().subList(0, 40);
        var small = MiniLm.encoder().int8();
        var vectors = small.encode(texts);
        assertThat(leastCosine(vectors, MiniLm.encoder().encode(texts))).isGreaterThan(0.99).isLessThan(0.9999999);
        assertThat(gap(small.with(OPTIONS.withNormalize(false)).with(OPTIONS).encode(texts), vectors)).isLessThan(1e-6);
    }

    @Test void longTextsAreCutReadInWindowsOrRefused() {
        var words = "the river rose over the bank and flooded the town ".repeat(6).strip();
        var encoder = MiniLm.encoder().with(OPTIONS.withMaxTokens(22).withNormalize(false));
        var tokens = encoder.tokens(List.of(words)).getFirst();
        assertThat(tokens.encoding().size()).isEqualTo(22);
        assertThat(gap(encoder.encode(List.of(words)).get(0), tokens.vectors().mean(0))).isLessThan(1e-5);
        var windows = encoder.with(encoder.options().withTooLong(TooLong.WINDOWS)).encode(List.of(words)).get(0);
        // three windows of 20 words each are three times the same text
        assertThat(gap(windows, tokens.vectors().mean(0))).isLessThan(1e-5);
        var other = "of all cities ".repeat(8) + words;
        var whole = encoder.with(encoder.options().withTooLong(TooLong.WINDOWS)).encode(List.of(other)).get(0);
        assertThat(gap(whole, encoder.encode(List.of(other)).get(0))).isGreaterThan(0.05);
        assertThatThrownBy(() -> encoder.with(encoder.options().withTooLong(TooLong.REFUSE)).encode(List.of("short", words)))
                .hasMessageContaining("text 1 has 62 tokens; at most 22");
        assertThatThrownBy(() -> MiniLm.encoder().with(OPTIONS.withMaxTokens(513))).hasMessageContaining("the model has 512 places");
        assertThatThrownBy(() -> MiniLm.encoder().encode("half \ud83d")).isInstanceOf(IllegalArgumentException.class);
    }

    private static SentenceEncoder tiny(EncoderOptions options) {
        var config = new BertConfig(30_522, 24, 2, 3, 40, 32).withDropout(0.3);
        return new SentenceEncoder(new BertEncoder(config, Rng.of(5)), MiniLm.encoder().tokenizer(), options.withMaxTokens(30));
    }

    @Test void aFolderKeepsModelTokenizerAndPooling(@TempDir Path folder) throws IOException {
        for (var options : List.of(OPTIONS, OPTIONS.withPooling(Pooling.CLS).withNormalize(false), OPTIONS.withPooling(Pooling.MAX))) {
            var encoder = tiny(options);
            encoder.write(folder);
            var again = SentenceEncoder.read(folder);
            assertThat(again.options()).isEqualTo(encoder.options());
            assertThat(again.model().config()).isEqualTo(encoder.model().config());
            assertThat(gap(again.encode(List.of("one text", "two")), encoder.encode(List.of("one text", "two")))).isZero();
        }
        var config = tiny(OPTIONS).model().config().toJson();
        assertThatThrownBy(() -> BertConfig.read(config.replace("\"bert\"", "\"gpt2\""))).isInstanceOf(FormatException.class)
                .hasMessageContaining("\"gpt2\"");
        assertThatThrownBy(() -> BertConfig.read("{\"model_type\":\"bert\"}")).hasMessageContaining("vocab_size is missing");
        assertThatThrownBy(() -> BertEncoder.of(BertConfig.miniLm(), Map.of())).hasMessageContaining("embeddings.LayerNorm.bias");
    }

    @Test void parametersHaveBertsNamesAndNumber() {
        assertThat(MiniLm.encoder().model().parameterCount()).isEqualTo(22_565_376);
        assertThat(MiniLm.encoder().model().checkpoint()).containsKeys("encoder.layer.5.attention.self.query.weight",
                "encoder.layer.0.output.LayerNorm.bias", "embeddings.token_type_embeddings.weight");
        assertThat(MiniLm.encoder().with(OPTIONS).encode("a bank")[0]).isCloseTo(MiniLm.encoder().encode("a bank")[0], within(1e-6f));
    }

    @Test void keptWeightsGiveTheSameVectorsAndDamagedOnesAreNotTaken(@TempDir Path folder) throws IOException {
        var texts = List.of("two kept words", "and some more of them");
        var wanted = SentenceEncoder.miniLm(DType.BF16).encode(texts).toFloatArray();
        assertThat(SentenceEncoder.miniLm(DType.BF16, folder).encode(texts).toFloatArray()).as("nothing is kept").isEqualTo(wanted);
        SentenceEncoder.keepMiniLm(DType.BF16, folder);
        try (var files = Files.list(folder)) {
            var kept = files.toList();
            assertThat(kept).singleElement().asString().matches(".*minilm-[0-9a-f]+-BF16\\.safetensors");
            assertThat(SentenceEncoder.miniLm(DType.BF16, folder).encode(texts).toFloatArray()).isEqualTo(wanted);
            Files.write(kept.getFirst(), new byte[] {1, 2, 3});
            assertThat(SentenceEncoder.miniLm(DType.BF16, folder).encode(texts).toFloatArray()).as("damaged").isEqualTo(wanted);
        }
    }
}
