package lyceum.models.audio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.nn.Twin;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConformerTest {
    private static final ConformerConfig TINY = ConformerConfig.small(6).withWidth(8).withHidden(16).withKernel(5).withStem(3)
            .withDtype(DType.F64);

    @Acceptance(topic = "conformer", clause = 1)
    @Test void blockEqualsTorchComposition() {
        var gap = Gap.relativeBeyondOne();
        int cases = 0;
        for (var c : Golden.load("golden/audio_conformer.json").cases("block")) {
            int b = c.integer("input.batch"), t = c.integer("input.time"), d = c.integer("input.width");
            var config = TINY.withHeads(1).withWidth(d).withHeads(c.integer("input.heads")).withHidden(c.integer("input.hidden"))
                    .withKernel(c.integer("input.kernel"));
            var twin = new Twin(c.integer("input.seed"));
            var block = twin.fill(new ConformerBlock(config, Rng.of(1)));
            var x = twin.draw(b, t, d).requiresGrad();
            Tensor mean = twin.draw(d).mul(0.5), variance = twin.draw(d).square().add(0.5);
            block.state().get("batch_norm.running_mean").copy_(mean);
            block.state().get("batch_norm.running_var").copy_(variance);
            var pass = c.flag("input.training") ? Pass.training(Rng.of(1)) : Pass.inference();
            twin.compare(gap, c, block.parameters(), List.of(x), List.of(block.forward(x, pass)));
            cases++;
        }
        Evidence.of("blocks compared", cases, Bound.exactly(8));
        Evidence.of("largest gap of values and gradients", gap, Bound.atMost(1e-5));
    }

    /** Clips alone and beside longer ones, whose padding is noise. */
    @Acceptance(topic = "conformer", clause = 2)
    @Test void paddingChangesNoValidFrame() {
        double gap = 0;
        int compared = 0;
        for (int halvings = 0; halvings <= 2; halvings++) for (int chunk : new int[] {0, 3}) {
            var encoder = new Conformer(TINY.withHalvings(halvings).withChunk(chunk).withLeft(1), Rng.of(1));
            encoder.forward(Tensor.randn(Rng.of(2), DType.F64, 4, 20, 6), Pass.training(Rng.of(1))); // statistics of its own
            int[] lengths = {19, 33, 5, 26};
            var x = Tensor.randn(Rng.of(3), DType.F64, 4, 33, 6);
            var together = encoder.encode(x, lengths, Pass.inference());
            for (int i = 0; i < 4; i++) {
                var alone = encoder.forward(x.narrow(0, i, 1).narrow(1, 0, lengths[i]));
                assertThat(together.lengths()[i]).isEqualTo((int) alone.size(1));
                gap = Math.max(gap, together.states().narrow(0, i, 1).narrow(1, 0, alone.size(1)).sub(alone).abs().max().item());
                compared += (int) alone.count();
            }
        }
        Evidence.of("numbers compared", compared, Bound.atLeast(1_000));
        Evidence.of("largest change by padded frames", gap, Bound.atMost(1e-6));
    }

    /** While learning, too: statistics and gradients are those of a batch whose padding is another. */
    @Acceptance(topic = "conformer", clause = 2)
    @Test void paddingChangesNothingWhileLearning() {
        int[] lengths = {9, 12};
        var x = Tensor.randn(Rng.of(3), DType.F64, 2, 12, 6);
        var other = x.add(Tensor.arange(12).unsqueeze(1).ge(9).to(DType.F64).mul(Tensor.of(1.0, 0).reshape(2, 1, 1))).pad(1, 0, 4, 7);
        var outputs = new Tensor[2];
        var gradients = new Tensor[2];
        for (int k = 0; k < 2; k++) {
            var encoder = new Conformer(TINY, Rng.of(1));
            outputs[k] = encoder.encode(k == 0 ? x : other, lengths, Pass.training(Rng.of(1))).states().narrow(1, 0, 6);
            var w = Tensor.randn(Rng.of(5), DType.F64, 2, 6, 8)
                    .mul(Tensor.arange(6).lt(Tensor.of(5L, 6).unsqueeze(1)).to(DType.F64).unsqueeze(2));
            outputs[k].mul(w).sum().backward();
            gradients[k] = Tensor.concat(0, encoder.parameters().values().stream().map(p -> p.grad().flatten()).toArray(Tensor[]::new));
        }
        Evidence.of("largest change of a learning pass",
                outputs[0].narrow(0, 0, 1).narrow(1, 0, 5).sub(outputs[1].narrow(0, 0, 1).narrow(1, 0, 5)).abs().max().item()
                        + outputs[0].select(0, 1).sub(outputs[1].select(0, 1)).abs().max().item(),
                Bound.atMost(1e-6));
        Evidence.of("largest change of a gradient", gradients[0].sub(gradients[1]).abs().max().item(), Bound.atMost(1e-6));
    }

    @Acceptance(topic = "conformer", clause = 3)
    @Test void chunksGiveWhatTheMaskedWholeGives() {
        double gap = 0;
        int streams = 0;
        for (int halvings = 0; halvings <= 2; halvings++) for (int chunk : new int[] {1, 4}) for (int left : new int[] {0, 2, -1}) {
            var rng = Rng.of(halvings * 10 + chunk);
            var encoder = new Conformer(TINY.withHalvings(halvings).withChunk(chunk).withLeft(left), rng);
            encoder.forward(Tensor.randn(rng, DType.F64, 4, 20, 6), Pass.training(rng));
            var x = Tensor.randn(rng, DType.F64, 2, 53, 6);
            var whole = encoder.forward(x);
            var stream = encoder.stream();
            long at = 0, heard = 0;
            while (heard < 53) {
                long n = Math.min(1 + rng.nextInt(9), 53 - heard);
                var some = stream.push(x.narrow(1, heard, n));
                heard += n;
                if (some.size(1) > 0) gap = Math.max(gap, some.sub(whole.narrow(1, at, some.size(1))).abs().max().item());
                at += some.size(1);
            }
            var rest = stream.finish();
            if (rest != null) gap = Math.max(gap, rest.sub(whole.narrow(1, at, rest.size(1))).abs().max().item());
            assertThat(at + (rest == null ? 0 : rest.size(1))).isEqualTo(whole.size(1));
            streams++;
        }
        Evidence.of("streams", streams, Bound.exactly(18));
        Evidence.of("largest gap between stream and whole", gap, Bound.atMost(1e-5));
    }

    @Acceptance(topic = "conformer", clause = 4)
    @Test void countsEqualTheClosedFormula() {
        int right = 0, tried = 0;
        for (int d : new int[] {8, 24})
            for (int k : new int[] {1, 15}) for (int halvings = 0; halvings <= 3; halvings++) for (int l : new int[] {1, 3}) {
                var config = TINY.withWidth(d).withHidden(4 * d).withKernel(k).withHalvings(halvings).withLayers(l).withBands(11);
                long front = halvings == 0 ? 0 : 10 * 3 + (halvings - 1) * (81 + 3);
                long features = new int[] {11, 3 * 6, 3 * 3, 3 * 2}[halvings];
                long formula = front + features * d + d + l * (24L * d * d + (32L + k) * d);
                long count = new Conformer(config, Rng.of(1)).parameterCount();
                if (count == formula && config.parameters() == formula) right++;
                tried++;
            }
        Evidence.of("encoders of " + tried + " whose count is the formula's", right, Bound.exactly(32));
        var block = ConformerConfig.large().withWidth(256).withHidden(1024);
        Evidence.of("numbers of a block of width 256 and kernel 31", new ConformerBlock(block, Rng.of(1)).parameterCount(),
                Bound.exactly(1_588_992));
        for (boolean attention : new boolean[] {true, false}) {
            var part = TINY.withAttention(attention).withConvolution(!attention);
            assertThat(new Conformer(part, Rng.of(1)).parameterCount()).isEqualTo(part.parameters());
            assertThat((double) part.matching(TINY.parameters()).parameters() / TINY.parameters()).isBetween(0.98, 1.02);
        }
    }

    @Test void isSavedAndSpeaksOfBadInput(@TempDir Path folder) throws IOException {
        var encoder = new Conformer(TINY.withChunk(2), Rng.of(1));
        encoder.save(folder.resolve("c.safetensors"));
        var other = new Conformer(TINY.withChunk(2), Rng.of(2));
        other.load(folder.resolve("c.safetensors"));
        var x = Tensor.randn(Rng.of(3), DType.F64, 1, 7, 6);
        assertThat(other.forward(x).toDoubleArray()).containsExactly(encoder.forward(x).toDoubleArray());
        var later = x.copy();
        later.narrow(1, 4, 3).fill_(9); // the second chunk
        assertThat(encoder.forward(later).narrow(1, 0, 2).sub(encoder.forward(x).narrow(1, 0, 2)).abs().max().item()).isZero();
        assertThatThrownBy(() -> encoder.forward(Tensor.zeros(1, 7, 5))).isInstanceOf(ShapeException.class)
                .hasMessageContaining("(batch, time, 6)");
        assertThatThrownBy(() -> encoder.encode(x, new int[] {8}, Pass.inference())).hasMessageContaining("each is 1 to 7");
        assertThatThrownBy(() -> new Conformer(TINY, Rng.of(1)).stream()).hasMessageContaining("give it a chunk");
        var stream = encoder.stream();
        stream.push(x);
        assertThat(stream.finish().size(1)).isEqualTo(2);
        assertThatThrownBy(() -> stream.push(x)).hasMessageContaining("begin another");
        assertThatThrownBy(() -> TINY.withKernel(4)).hasMessageContaining("kernel 4");
        assertThat(Autograd.noGrad(() -> encoder.forward(x)).isTracked()).isFalse();
    }
}
