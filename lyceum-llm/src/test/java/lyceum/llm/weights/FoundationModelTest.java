package lyceum.llm.weights;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.text.encoder.SentenceEncoder;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.encoder.TokenVectors;
import lyceum.train.peft.AdapterRegistry;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import org.junit.jupiter.api.Test;

class FoundationModelTest {
    /** Letter counts through a linear layer, and a count of its own of the batches that it was given. */
    private static final class Letters implements TextEncoder {
        final Linear layer;
        int batches;

        Letters(long seed) { layer = new Linear(26, 8, Rng.of(seed)); }

        @Override public int dimension() { return 8; }

        @Override public Tensor encode(List<String> texts) {
            batches++;
            var counts = new float[texts.size() * 26];
            for (int i = 0; i < texts.size(); i++)
                for (char c : texts.get(i).toCharArray()) if (c >= 'a' && c <= 'z') counts[i * 26 + c - 'a']++;
            return layer.forward(Tensor.of(counts, texts.size(), 26)).detach();
        }

        @Override public List<TokenVectors> tokens(List<String> texts) { throw new UnsupportedOperationException(); }
    }

    private static final List<String> TEXTS = List.of("aaab", "aab", "aba", "zzy", "zyz", "yzz");
    private static final int[] LABELS = {0, 0, 0, 1, 1, 1};

    @Test
    @Acceptance(topic = "foundation-model", clause = 3) void fourTasksTakeTheMemoryOfOne() {
        var encoder = SentenceEncoder.miniLm();
        var model = FoundationModel.of(encoder);
        var features = Tensor.randn(Rng.of(1), 40, 384);
        var labels = IntStream.range(0, 40).map(i -> i % 4).toArray();
        model.register("topic", FoundationModel.linear(features, labels, 4));
        long one = model.bytes(), counted = encoder.model().state().values().stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum();
        assertThat(one).isEqualTo(counted + 4 * (384 * 4 + 4));
        model.register("spam", FoundationModel.linear(features, IntStream.range(0, 40).map(i -> i % 2).toArray(), 2));
        model.register("language", FoundationModel.linear(features, labels, 4));
        model.register("duplicates", FoundationModel.neighbours());
        Evidence.of("tasks", model.tasks().size(), exactly(4));
        Evidence.of("bytes of four tasks over those of one", (double) model.bytes() / one, atMost(1.1));
        Evidence.of("bytes of four tasks over those of the bare backbone", (double) model.bytes() / counted, atMost(1.1));
    }

    @Test
    @Acceptance(topic = "foundation-model", clause = 4) void featuresAreComputedOnceForAllHeads() {
        var encoder = new Letters(1);
        var model = new FoundationModel(encoder, encoder.layer, null);
        var first = model.classifier("first", TEXTS, LABELS, 2);
        var second = model.classifier("second", TEXTS, new int[] {0, 1, 0, 1, 0, 1}, 2);
        var near = model.register("near", FoundationModel.neighbours());
        encoder.batches = 0;
        long before = model.passes();
        var answers = model.run(TEXTS, first, second, near);
        Evidence.of("batches that the encoder was given for three heads", encoder.batches, exactly(1));
        Evidence.of("passes counted by the model", model.passes() - before, exactly(1));
        assertThat(answers.get(first).argmax(1).toLongArray()).containsExactly(0, 0, 0, 1, 1, 1);
        assertThat(answers.get(near)[0][0]).isIn(1, 2);
        assertThat(model.run(TEXTS, first).toFloatArray()).containsExactly(answers.get(first).toFloatArray());
        var prompted = model.register(new FoundationModel.Task<>("prompted", "query: ", "", model.hash(), FoundationModel.neighbours()));
        encoder.batches = 0;
        model.run(TEXTS, first, prompted, near);
        assertThat(encoder.batches).isEqualTo(2); // another prompt makes other features
    }

    @Test void adaptersServeTheirTasksAlone() {
        var encoder = new Letters(2);
        Module backbone = encoder.layer;
        var plain = encoder.encode(TEXTS).toFloatArray();
        var tuning = Peft.of(backbone, new Lora(2, 4), "mine", Rng.of(3));
        tuning.parameters().forEach((name, t) -> { if (name.contains("lora_B")) Autograd.noGrad(() -> t.fill_(0.5)); });
        var registry = new AdapterRegistry(backbone).add(tuning);
        var model = new FoundationModel(encoder, backbone, registry);
        FoundationModel.Head<Tensor> raw = x -> x;
        var base = model.register("base", raw);
        var tuned = model.register(new FoundationModel.Task<>("tuned", "", "mine", model.hash(), raw));
        var answers = model.run(TEXTS, base, tuned);
        assertThat(answers.get(base).toFloatArray()).containsExactly(plain);
        assertThat(answers.get(tuned).toFloatArray()).isNotEqualTo(plain);
        assertThatThrownBy(() -> model.register(new FoundationModel.Task<>("x", "", "yours", model.hash(), raw)))
                .isInstanceOf(LyceumException.class).hasMessageContaining("wants the adapter yours");
    }

    @Test void headsOfOtherBackbonesAreRefused() {
        Letters one = new Letters(1), two = new Letters(2);
        FoundationModel a = new FoundationModel(one, one.layer, null), b = new FoundationModel(two, two.layer, null);
        var task = a.classifier("t", TEXTS, LABELS, 2);
        assertThat(a.hash()).isEqualTo(new FoundationModel(one, one.layer, null).hash()).isNotEqualTo(b.hash());
        assertThatThrownBy(() -> b.register(task)).isInstanceOf(LyceumException.class).hasMessageContaining("fit it anew");
        assertThatThrownBy(() -> b.run(TEXTS, task)).isInstanceOf(LyceumException.class).hasMessageContaining("not registered here");
        assertThatThrownBy(() -> a.classifier("t", TEXTS, LABELS, 2)).hasMessageContaining("already");
        assertThatThrownBy(() -> a.classifier("u", TEXTS, new int[2], 2)).hasMessageContaining("6 features and 2 labels");
    }
}
