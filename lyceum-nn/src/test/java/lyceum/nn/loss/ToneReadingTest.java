package lyceum.nn.loss;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;

import java.util.Arrays;
import lyceum.DType;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ToneReadingTest {
    private static final int RATE = 8000, WINDOW = 160, BINS = 36, TIME = 60;
    private static final double[] TONES = {440, 620, 880, 1240, 1760};

    /** Sound, and what was played. */
    private record Tune(Tensor spectrogram, int[] labels, int frames) {}

    /** Three to eight tones of 40 to 140 ms with pauses between, equal ones among them, in noise: log magnitudes of 20 ms windows. */
    private static Tune play(Rng rng) {
        int count = 3 + rng.nextInt(6);
        var labels = new int[count];
        var sound = new double[TIME * WINDOW];
        int at = rng.nextInt(WINDOW);
        for (int i = 0; i < count; i++) {
            labels[i] = 1 + rng.nextInt(TONES.length);
            int length = 320 + rng.nextInt(800), pause = 320 + rng.nextInt(320);
            if (at + length + pause > sound.length) {
                labels = Arrays.copyOf(labels, i);
                break;
            }
            double step = 2 * Math.PI * TONES[labels[i] - 1] * (0.97 + 0.06 * rng.nextDouble()) / RATE, loud = 0.5 + rng.nextDouble();
            for (int s = 0; s < length; s++) sound[at + s] = loud * Math.sin(step * s);
            at += length + pause;
        }
        for (int s = 0; s < sound.length; s++) sound[s] += 0.3 * rng.nextGaussian();
        var windows = Tensor.of(sound, TIME, WINDOW);
        var angles = Tensor.arange(WINDOW).to(DType.F64).unsqueeze(1).mul(Tensor.arange(BINS).to(DType.F64).add(4))
                .mul(2 * Math.PI / WINDOW);
        var power = windows.matmul(angles.cos()).square().add(windows.matmul(angles.sin()).square());
        return new Tune(power.add(1).log().to(DType.F32).compute(), labels, Math.min(TIME, at / WINDOW + 1));
    }

    @Test
    @Tag("slow") void readsTones() {
        var rng = Rng.of(1);
        var network = new Linear(3 * BINS, 48, rng).then(Activation.RELU).then(new Linear(48, TONES.length + 1, rng));
        var optimizer = new Adam(5e-3).over(network.parameters());
        for (int step = 0; step < 250; step++) {
            try (var scope = Scope.open()) {
                var tunes = new Tune[16];
                for (int i = 0; i < 16; i++) tunes[i] = play(rng);
                optimizer.zeroGrad();
                var logProbs = network.forward(stack(tunes)).logSoftmax(2);
                new CtcLoss().of(logProbs, Arrays.stream(tunes).mapToInt(Tune::frames).toArray(),
                        Arrays.stream(tunes).map(Tune::labels).toArray(int[][]::new)).backward();
                optimizer.step();
            }
        }
        int wrong = 0, all = 0;
        var fresh = Rng.of(2);
        for (int i = 0; i < 200; i++) {
            var tune = play(fresh);
            var logProbs = network.forward(stack(tune)).logSoftmax(2).select(1, 0).narrow(0, 0, tune.frames);
            wrong += CtcDecoder.edits(new CtcDecoder(8).decode(logProbs).getFirst().labels(), tune.labels);
            all += tune.labels.length;
        }
        Evidence.of("tones played", all, atLeast(500));
        Evidence.of("label error", (double) wrong / all, atMost(0.05));
    }

    /** (time, tunes, three windows side by side). */
    private static Tensor stack(Tune... tunes) {
        var x = Tensor.stack(1, Arrays.stream(tunes).map(Tune::spectrogram).toArray(Tensor[]::new)).pad(0, 1, 1, 0);
        return Tensor.concat(2, x.narrow(0, 0, TIME), x.narrow(0, 1, TIME), x.narrow(0, 2, TIME));
    }
}
