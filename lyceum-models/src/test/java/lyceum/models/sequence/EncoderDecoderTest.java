package lyceum.models.sequence;

import static lyceum.models.sequence.Fitting.distance;
import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.TreeMap;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.BeamSearch;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerConfig;
import lyceum.nn.Twin;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncoderDecoderTest {
    private static final int[] LENGTHS = {6, 3};

    /** Every body and look. */
    private static List<Seq2SeqConfig> kinds() {
        var kinds = new ArrayList<Seq2SeqConfig>();
        for (var body : Seq2SeqConfig.Body.values()) for (var look : TargetDecoder.Look.values()) {
            if (body == Seq2SeqConfig.Body.TRANSFORMER && look != TargetDecoder.Look.NONE) continue;
            var config = new Seq2SeqConfig(9, 8, 8, 6).withBody(body).withLook(look).withHeads(2).withFeeding(true).withLayers(2);
            kinds.add(look == TargetDecoder.Look.DOT ? config.withBidirectional(false) : config);
        }
        return kinds;
    }

    private static Tensor ids(int seed, int tokens, long... shape) { return Tensor.randint(Rng.of(seed), 3, tokens, shape).compute(); }

    @Acceptance(topic = "encoder-decoder", clause = 1)
    @Test void equalsTorchsTransformer() {
        var gap = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : Golden.load("golden/seq2seq.json").cases("transformer")) {
            int[] n = c.ints("input.sizes"), lengths = c.ints("input.lengths");
            var config = TransformerConfig.original(n[1], n[0], n[2])
                    .withPlacement(c.flag("input.pre") ? TransformerConfig.Placement.PRE : TransformerConfig.Placement.POST);
            config = config.withAttention(config.attention().withDtype(DType.F64));
            var encoder = new SourceEncoder.Attentive(config, n[5], null, true, Rng.of(1));
            var decoder = new TargetDecoder.Attentive(config, n[5], null, true, Rng.of(1));
            var both = new EncoderDecoder(new Embedding(Tensor.zeros(DType.F64, 2, n[1])), new Embedding(Tensor.zeros(DType.F64, 2, n[1])),
                    encoder, decoder, null);
            var parameters = new LinkedHashMap<>(both.parameters());
            parameters.keySet().removeIf(name -> name.contains("embedding"));
            var twin = new Twin((long) c.number("input.seed"));
            Autograd.noGrad(() -> new TreeMap<>(parameters).forEach((name, p) -> p.copy_(twin.scaled(0.3, p.shape().toArray()))));
            Tensor source = twin.draw(2, n[4], n[1]).requiresGrad(), target = twin.draw(2, n[3], n[1]).requiresGrad();
            var memory = encoder.encode(source, lengths.length == 0 ? null : lengths, Pass.inference());
            twin.compare(gap, c, parameters, List.of(source, target), List.of(decoder.whole(target, memory, Pass.inference())));
            cases++;
        }
        Evidence.of("models: norm first and last, sources padded and full", cases, exactly(6));
        Evidence.of("largest gap of outputs and of all gradients", gap, below(1e-5));
    }

    @Acceptance(topic = "encoder-decoder", clause = 2)
    @Test void stepwiseLogitsEqualTeacherForcedOnes(@TempDir Path folder) throws Exception {
        double worst = 0;
        int kinds = 0;
        for (var config : kinds()) for (int seed = 1; seed <= 3; seed++) {
            var model = config.build(Rng.of(seed));
            model.save(folder.resolve("model"));
            model = config.build(Rng.of(99));
            model.load(folder.resolve("model"));
            Tensor source = ids(seed, 9, 2, 6), target = ids(seed, 8, 2, 7);
            var whole = model.forward(source, LENGTHS, target, Pass.inference());
            var state = model.start(source, LENGTHS, Pass.inference());
            for (int t = 0; t < 7; t++) {
                if (t == 4) state = state.fork(0, 1);
                var next = model.forward(target.narrow(1, t, 1), state, Pass.inference());
                worst = Math.max(worst, distance(next.squeeze(1), whole.select(1, t)));
            }
            kinds++;
        }
        Evidence.of("models of nine kinds", kinds, exactly(27));
        Evidence.of("largest gap of logits", worst, below(1e-5));
    }

    /** An encoder of one's own: it counts how often it is asked. */
    private static final class Counting extends SourceEncoder {
        private final SourceEncoder inner;
        private int calls;

        Counting(SourceEncoder inner) { this.inner = inner; }

        @Override public SourceMemory encode(Tensor x, int[] lengths, Pass pass) {
            calls++;
            return inner.encode(x, lengths, pass);
        }

        @Override public int outputs() { return inner.outputs(); }
    }

    @Acceptance(topic = "encoder-decoder", clause = 3)
    @Test void theEncoderRunsOncePerSource() {
        int searches = 0;
        for (var config : kinds()) for (int beams : new int[] {1, 3}) for (int longest : new int[] {1, 12}) {
            var made = config.build(Rng.of(1));
            var counting = new Counting(made.encoder());
            var model = new EncoderDecoder(new Embedding(9, 8, Rng.of(2)), new Embedding(8, 8, Rng.of(3)), counting, made.decoder(),
                    new Linear(made.decoder().outputs(), 8, Rng.of(4)));
            var found = new BeamSearch(beams, 0, longest).search(model.steps(ids(5, 9, 1, 6), null, 1), -1).getFirst();
            assertThat(found.getFirst().tokens()).hasSize(longest);
            Evidence.of("encoder runs for a search", counting.calls, exactly(1));
            searches++;
        }
        Evidence.of("searches of 1 and 3 beams, of 1 and 12 tokens", searches, exactly(36));
    }

    /** Derivatives of each output after each embedded target and source place, by reverse mode. */
    @Acceptance(topic = "encoder-decoder", clause = 4)
    @Test void aPositionHearsNoLaterTargetAndAllSources() {
        double later = 0, earlier = Double.POSITIVE_INFINITY, sources = Double.POSITIVE_INFINITY;
        int read = 0;
        for (var config : kinds()) {
            var model = config.withDtype(DType.F64).build(Rng.of(1));
            Tensor x = Tensor.randn(Rng.of(2), DType.F64, 1, 4, 8).requiresGrad(),
                    y = Tensor.randn(Rng.of(3), DType.F64, 1, 5, 8).requiresGrad();
            var out = model.decoder().whole(y, model.encoder().encode(x, null, Pass.inference()), Pass.inference());
            for (int t = 0; t < 5; t++) {
                var weights = Tensor.randn(Rng.of(4), DType.F64, model.decoder().outputs());
                var g = Autograd.gradients(out.get(0, t).mul(weights).sum(), new Tensor[] {x, y}, true);
                for (int s = 0; s < 5; s++) {
                    double size = g[1].get(0, s).abs().max().item();
                    if (s > t) later = Math.max(later, size);
                    else earlier = Math.min(earlier, size);
                    read++;
                }
                for (int s = 0; s < 4; s++) sources = Math.min(sources, g[0].get(0, s).abs().max().item());
            }
        }
        Evidence.of("pairs of positions", read, exactly(9 * 25));
        Evidence.of("largest derivative after a later target", later, exactly(0));
        Evidence.of("smallest derivative after a target up to here", earlier, above(0));
        Evidence.of("smallest derivative after a source", sources, above(0));
    }

    @Test void oneTableServesSourceTargetAndOutput() {
        var config = new Seq2SeqConfig(9, 9, 8, 16).withBody(Seq2SeqConfig.Body.TRANSFORMER).withHeads(2).withShared(true);
        var model = config.build(Rng.of(1));
        assertThat(model.parameters().keySet()).contains("source_embedding.weight").doesNotContain("target_embedding.weight",
                "head.weight");
        assertThat(model.forward(ids(1, 9, 2, 6), LENGTHS, ids(2, 9, 2, 4), Pass.inference()).shape().toArray()).containsExactly(2, 4, 9);
    }

    @Test void whatDoesNotFitIsNamed() {
        var model = new Seq2SeqConfig(9, 8, 4, 3).build(Rng.of(1));
        assertThatThrownBy(() -> model.encode(ids(1, 9, 2, 6), new int[] {6}, Pass.inference())).isInstanceOf(ShapeException.class)
                .hasMessageContaining("[6]");
        assertThatThrownBy(() -> model.forward(ids(1, 9, 2, 6), null, ids(1, 8, 3, 6), Pass.inference()))
                .hasMessageContaining("for 2 sources");
        assertThatThrownBy(() -> ((Module) model.decoder()).forward(Tensor.ones(1, 2, 3), Pass.inference()))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> new Seq2SeqConfig(9, 8, 4, 3).withPad(1)).hasMessageContaining("pad 1, begin 1");
        assertThatThrownBy(() -> new Seq2SeqConfig(9, 8, 4, 3).withShared(true)).hasMessageContaining("cannot share");
    }
}
