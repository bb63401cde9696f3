package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.Arrays;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.FourierFeatures;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Sequential;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.SpectralBias;

/** Three sines of equal height learnt one after the other, and, seen through Fourier features, all at once. */
@Lab(topics = "spectral-bias", title = "Outline first, detail last")
final class SpectralBiasLab implements LabBody {
    private static final int[] FREQUENCIES = {1, 5, 10};
    private static final int N = 64;

    @Override public void run(LabContext lab) {
        int width = lab.param("width", 64, 8, 256);
        int steps = lab.param("steps", 800, 100, 5000);
        double bandwidth = lab.param("bandwidth", 5.0, 0.1, 20.0);
        var activation = Activation.valueOf(lab.choice("activation", "RELU", "RELU", "TANH", "GELU"));
        var place = Tensor.arange(0.0, N, 1).mul(2.0 / N).sub(1).compute();
        var y = place.zerosLike();
        for (int f : FREQUENCIES) y = y.add(place.mul(Math.PI * f).sin());
        var config = MlpConfig.regressor(1, 1, width, width).withActivation(activation);
        var plain = learn(lab, new Mlp(config, lab.rng(1)), place, y, 1e-3, steps);
        var featured = learn(lab,
                new Sequential(new FourierFeatures(1, 64, bandwidth, DType.F32, lab.rng(2)), new Mlp(config.withInputs(128), lab.rng(3))),
                place, y, 1e-4, steps);
        lab.figure(Figure.row("How much of each frequency is learnt", map("Coordinates", plain), map("Fourier features", featured))
                .describedAs(
                        "Rows are the frequencies 1, 5 and 10, columns steps. With plain coordinates the rows fill one after the other and the last may stay empty; with Fourier features all fill together."));
        int half = steps / 10;
        double[] first = at(plain, half), second = at(featured, half);
        lab.say("After %d steps the plain network has %.0f%%, %.0f%% and %.0f%% of frequencies 1, 5 and 10; with Fourier features %.0f%%, %.0f%% and %.0f%%.",
                half, 100 * first[0], 100 * first[1], 100 * first[2], 100 * second[0], 100 * second[1], 100 * second[2]);
        lab.shows("frequency 1 minus frequency 10, plain", first[0] - first[2], above(0.3));
        lab.shows("frequency 1 minus frequency 10, with Fourier features", second[0] - second[2], below(0.3));
    }

    private static SpectralBias learn(LabContext lab, Module network, Tensor place, Tensor y, double rate, int steps) {
        var bias = SpectralBias.ofFrequencies(y, FREQUENCIES);
        bias.train(network, place.reshape(N, 1).to(DType.F32).compute(), new Adam(rate), steps, Math.max(1, steps / 40), 2, lab.progress());
        return bias;
    }

    private static double[] at(SpectralBias bias, long step) {
        int i = 0;
        while (bias.steps()[i] < step) i++;
        return new double[] {bias.trace(0)[i], bias.trace(1)[i], bias.trace(2)[i]};
    }

    private static Plot map(String title, SpectralBias bias) {
        var rows = new double[FREQUENCIES.length][];
        for (int k = 0; k < rows.length; k++) rows[k] = Arrays.stream(bias.trace(k)).map(v -> Math.clamp(v, 0, 1)).toArray();
        return Figure.heatmap(title, rows, Arrays.stream(FREQUENCIES).mapToObj(Integer::toString).toArray(String[]::new),
                Arrays.stream(bias.steps()).mapToObj(Long::toString).toArray(String[]::new)).axes("step", "frequency");
    }
}
