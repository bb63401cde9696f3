package lyceum.models.audio;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.sounds.ToneWords;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CtcDecoder;
import lyceum.nn.loss.CtcLoss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Bound;
import lyceum.testing.Evidence;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Speech of tones, of which the words are known and not when they come, is learned by CTC. */
class ToneRecognitionTest {

    /** A Conformer and a layer over words and the blank. */
    private static final class Recogniser extends Module {
        private final Conformer encoder;
        private final Linear head;
        private final Tensor mean, deviation; // of each band

        Recogniser(ConformerConfig config, Tensor seen, Rng rng) {
            mean = seen.mean(0, 2).compute();
            deviation = seen.var(new int[] {0, 2}, 1, false).sqrt().compute();
            encoder = new Conformer(config, rng);
            head = new Linear(config.width(), ToneWords.WORDS + 1, rng);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            return head.forward(encoder.forward(x.transpose(1, 2).sub(mean).div(deviation), pass), pass).logSoftmax(2);
        }
    }

    /** The share of wrong labels on fresh clips after so many epochs. */
    private static double error(Module network, ToneClips learned, ToneClips fresh, int epochs, double rate, boolean beam, Rng rng) {
        BatchLoss loss = (rows, pass) -> {
            var logs = network.forward(learned.seen().rows(rows), pass);
            var frames = new int[rows.length];
            Arrays.fill(frames, (int) logs.size(1));
            return new CtcLoss().of(logs.transpose(0, 1), frames, learned.labels(rows));
        };
        var trainer = new Trainer(new Adam(rate), epochs).withBatchSize(12).withClip(Clip.norm(5))
                .withSchedule(new Schedule.Linear((long) epochs * learned.size() / 12, 1, 0.1).warmedUp(40));
        trainer.start(network, learned.size(), loss, null, rng).finish(Progress.SILENT);
        var logs = network.forward(fresh.seen());
        var labels = fresh.labels(IntStream.range(0, fresh.size()).toArray());
        int wrong = 0, all = 0;
        for (int i = 0; i < fresh.size(); i++) {
            var own = logs.get(i);
            wrong += CtcDecoder.edits(labels[i], beam ? new CtcDecoder(8).decode(own).getFirst().labels() : CtcDecoder.greedy(own, 0));
            all += labels[i].length;
        }
        return (double) wrong / all;
    }

    @Acceptance(topic = "ctc-rnnt", clause = 4)
    @Tag("heavy")
    @Test void toneSequencesAreDecoded() {
        var rng = Rng.of(1);
        var world = new ToneWords();
        var learned = ToneClips.draw(world, 480, rng);
        var network = new Recogniser(ConformerConfig.small(24).withAttention(false).withLayers(1).withHalvings(2), learned.seen(), rng);
        double error = error(network, learned, ToneClips.draw(world, 200, Rng.of(77)), 10, 6e-3, true, rng);
        Evidence.of("label error of 200 fresh sequences", error, Bound.atMost(0.05));
    }

    @Acceptance(topic = "conformer", clause = 5)
    @Tag("heavy")
    @Test void bothBranchesAreAsGoodAsTheBetterOne() {
        var world = new ToneWords().withNoise(0.3);
        var both = ConformerConfig.small(24).withLayers(1).withHalvings(2);
        var configs = List.of(both, both.withConvolution(false).matching(both.parameters()),
                both.withAttention(false).matching(both.parameters()));
        var errors = new double[3];
        for (int seed = 1; seed <= 3; seed++) {
            var learned = ToneClips.draw(world, 480, Rng.of(seed));
            var fresh = ToneClips.draw(world, 150, Rng.of(100 + seed));
            for (int k = 0; k < 3; k++) {
                var network = new Recogniser(configs.get(k), learned.seen(), Rng.of(10 + seed));
                errors[k] += 100 * error(network, learned, fresh, 14, 6e-3, false, Rng.of(20 + seed)) / 3;
            }
        }
        for (int k = 1; k < 3; k++)
            Evidence.of("parameters over those of both branches, " + k, (double) configs.get(k).parameters() / both.parameters(),
                    Bound.between(0.99, 1.01));
        Evidence.of("mean error of attention alone (%)", errors[1], Bound.atMost(10));
        Evidence.of("mean error of convolution alone (%)", errors[2], Bound.atMost(10));
        Evidence.of("mean error over that of the better (points)", errors[0] - Math.min(errors[1], errors[2]), Bound.atMost(1));
    }
}
