package lyceum.models.audio;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Judges sound by its complex spectra at several window sizes: for each a few convolutions over time and frequency that end in a number a
 * place, high where it sounds real.
 *
 * {@snippet :
 * var critic = new SpectralCritic(16, DType.F32, rng, 256, 512, 1024);
 * List<SpectralCritic.Verdict> verdicts = critic.judge(x, Pass.inference());      // (batch, 1, samples), one verdict a window
 * }
 *
 * @see <a href="https://arxiv.org/abs/2210.13438">Défossez, Copet, Synnaeve and Adi (2022), section 3.4</a>
 */
public final class SpectralCritic extends Module {
    private final List<Scale> scales;

    /**
     * Of one window size.
     *
     * @param scores (batch, 1, frames, bands): positive for real
     * @param features what its layers gave before, first to last
     */
    public record Verdict(Tensor scores, List<Tensor> features) {}

    /** @param filters channels of the layers @param sizes of the windows, a quarter apart */
    public SpectralCritic(int filters, DType dtype, Rng rng, int... sizes) {
        if (sizes.length == 0 || filters < 1)
            throw new IllegalArgumentException("SpectralCritic: " + sizes.length + " sizes, " + filters + " filters; at least one of each");
        var made = new ArrayList<Scale>();
        for (int size : sizes) made.add(new Scale(new Stft(size, Math.max(1, size / 4)), filters, dtype, rng));
        scales = List.copyOf(made);
    }

    private static final class Scale extends Module {
        private final Stft stft;
        private final List<Conv2d> layers;

        Scale(Stft stft, int filters, DType dtype, Rng rng) {
            this.stft = stft;
            layers = List.of(layer(2, filters, 9, 1, 1, dtype, rng), layer(filters, filters, 9, 2, 1, dtype, rng),
                    layer(filters, filters, 9, 2, 2, dtype, rng), layer(filters, 1, 3, 1, 1, dtype, rng));
        }

        private static Conv2d layer(int inputs, int outputs, int wide, int stride, int dilation, DType dtype, Rng rng) {
            var how = new Convolution().withStride(1, stride).withDilation(dilation, 1).withPadding(dilation, wide / 2);
            return new Conv2d(inputs, outputs, new int[] {3, wide}, how, true, dtype, null, rng);
        }

        Verdict judge(Tensor x, Pass pass) {
            var parts = stft.parts(x.squeeze(1));
            var y = Tensor.stack(1, parts.narrow(-1, 0, stft.bins()), parts.narrow(-1, stft.bins(), stft.bins()));
            var features = new ArrayList<Tensor>();
            for (var layer : layers.subList(0, layers.size() - 1)) {
                y = Activation.leakyRelu(layer.forward(y, pass), 0.2);
                features.add(y);
            }
            return new Verdict(layers.getLast().forward(y, pass), List.copyOf(features));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return judge(x, pass).scores(); }
    }

    /** One verdict a window. */
    public List<Verdict> judge(Tensor x, Pass pass) { return scales.stream().map(s -> s.judge(x, pass)).toList(); }

    /** The mean score of each clip: (batch). */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        Tensor sum = null;
        for (var verdict : judge(x, pass)) {
            var mean = verdict.scores.mean(1, 2, 3);
            sum = sum == null ? mean : sum.add(mean);
        }
        return sum.div(scales.size());
    }
}
