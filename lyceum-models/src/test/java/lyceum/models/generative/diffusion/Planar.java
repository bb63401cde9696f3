package lyceum.models.generative.diffusion;

import lyceum.DType;
import lyceum.info.OptimalTransport;
import lyceum.nn.Module;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** Eight planar Gaussians, and a DDPM network trained on them once for all tests. */
final class Planar {
    static final int MODES = 8, STEPS = 2_500;
    static final double RADIUS = 2, DEVIATION = 0.2;
    static final Ddpm DDPM = new Ddpm(NoiseSchedule.cosine(1000)).withPrediction(Prediction.VELOCITY);

    private static DiffusionModel trained;

    private Planar() {}

    static MixtureDenoiser data(NoisePath path, Prediction prediction) {
        return MixtureDenoiser.ring(path, prediction, MODES, RADIUS, DEVIATION);
    }

    static Tensor points(int n, long seed) { return data(DDPM.schedule(), Prediction.NOISE).draw(n, Rng.of(seed)).to(DType.F32); }

    /** Trains with batches of 512 for a count of steps, with a moving average of the weights. */
    static <N extends Module & Denoiser> N train(N network, DiffusionObjective objective, Tensor data, int steps, double rate, Rng rng) {
        return train(network, objective.over(network, data), (int) data.size(0), steps, rate, rng);
    }

    static <N extends Module> N train(N network, BatchLoss loss, int rows, int steps, double rate, Rng rng) {
        trainer(rows, steps, rate).start(network, rows, loss, null, rng).finish(Progress.SILENT);
        return network;
    }

    static Trainer trainer(int rows, int steps, double rate) {
        int batch = Math.min(512, rows), each = rows / batch;
        return new Trainer(new Adam(rate), steps / each).withBatchSize(batch).withAveraging(0.995).withSchedule(new Schedule.Cosine(steps));
    }

    static synchronized DiffusionModel trained() {
        if (trained == null) {
            var network = new PointDenoiser(new PointDenoiserConfig(2).withWidth(64), Rng.of(1));
            trained = DDPM.model(train(network, DDPM, points(5_120, 1), STEPS, 3e-3, Rng.of(2)));
        }
        return trained;
    }

    /** The share of points within three deviations of a mode's centre, per mode. */
    static double[] shares(Tensor x) {
        var shares = new double[MODES];
        double[][] rows = x.toRows(), centres = data(DDPM.schedule(), Prediction.NOISE).centres();
        for (double[] row : rows)
            for (int k = 0; k < MODES; k++)
                if (Math.hypot(row[0] - centres[k][0], row[1] - centres[k][1]) <= 3 * DEVIATION) shares[k] += 1.0 / rows.length;
        return shares;
    }

    static double sliced(Tensor x, Tensor y) { return OptimalTransport.sliced(x.toRows(), y.toRows(), 2, 50, Rng.of(99)); }
}
