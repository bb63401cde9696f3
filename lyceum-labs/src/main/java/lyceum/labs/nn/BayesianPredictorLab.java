package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;
import lyceum.train.uncertainty.BayesianPredictor;
import lyceum.train.uncertainty.NumberMixture;

/** One network is as sure in a gap of its data as on them; dropout doubts a little everywhere, an ensemble where nothing was seen. */
@Lab(topics = "mc-dropout-ensembles", title = "Asking five colleagues")
final class BayesianPredictorLab implements LabBody {
    private static final double NOISE = 0.01;

    @Override public void run(LabContext lab) {
        int members = lab.param("networks", 5, 2, 10), passes = lab.param("dropout passes", 100, 10, 1000),
                epochs = lab.param("epochs", 100, 20, 300);
        double drop = lab.param("dropout", 0.1, 0.02, 0.5), gap = lab.param("half the gap", 1.0, 0.2, 2.0);

        var data = world(gap, lab.rng(1));
        var config = MlpConfig.regressor(1, 1, 32, 32);
        var plain = new ArrayList<Mlp>();
        for (int m : lab.progress("networks", members)) plain.add(trained(config, data, epochs, lab.rng(10 + m)));
        var droppy = trained(config.withDropout(drop), data, epochs, lab.rng(2));
        var predictors = List.of(BayesianPredictor.ensemble(plain.subList(0, 1)), BayesianPredictor.dropout(droppy, passes, 3),
                BayesianPredictor.ensemble(plain));
        String[] names = {"one network", "dropout left on", members + " networks"};

        Tensor grid = Tensor.linspace(-3, 3, 121).reshape(-1, 1).to(DType.F32), fresh = world(gap, lab.rng(4)).x();
        double[] x = grid.toDoubleArray(), widening = new double[3];
        var frames = new ArrayList<Figure>();
        var rows = new ArrayList<List<Object>>();
        for (int k = 0; k < 3; k++) {
            NumberMixture forecast = predictors.get(k).numbers(grid, NOISE), on = predictors.get(k).numbers(fresh, NOISE);
            Tensor mean = forecast.mean(), ignorance = forecast.epistemic().sqrt(), all = forecast.total().sqrt();
            frames.add(Figure.plot(names[k])
                    .band("noise and ignorance", x, mean.sub(all.mul(2)).toDoubleArray(), mean.add(all.mul(2)).toDoubleArray())
                    .band("ignorance alone", x, mean.sub(ignorance.mul(2)).toDoubleArray(), mean.add(ignorance.mul(2)).toDoubleArray())
                    .line("mean", x, mean.toDoubleArray()).points("data", data.x().select(1, 0), data.y().select(1, 0)).axes("x", "y")
                    .limitY(-3, 3));
            double inside = 0, places = 0;
            for (int i = 0; i < x.length; i++) if (Math.abs(x[i]) <= gap / 2) {
                inside += Math.sqrt(forecast.epistemic().item(i, 0));
                places++;
            }
            double outside = on.epistemic().sqrt().mean().item();
            widening[k] = outside == 0 ? 1 : inside / places / outside;
            rows.add(List.of(names[k], inside / places, outside, on.logLoss(world(gap, lab.rng(4)).y())));
        }
        lab.figure(Figure.frames("Two bands, each two standard deviations", "who is asked", frames).labelled(names)
                .describedAs("In the gap the ensemble's members invent different curves: its band widens; one network's does not."));
        lab.table("Ignorance", List.of("who is asked", "sd in the gap", "sd on the data", "log loss on fresh data"), rows);
        var ensemble = predictors.get(2).numbers(fresh, NOISE);
        double mean = 0;
        for (double loss : ensemble.logLosses(world(gap, lab.rng(4)).y())) mean += loss / members;
        lab.shows("ensemble's sd in the gap over that on the data", widening[2], above(1.5));
        lab.shows("ensemble's log loss less its members' mean", ensemble.logLoss(world(gap, lab.rng(4)).y()) - mean, atMost(0));
    }

    private static Mlp trained(MlpConfig config, Dataset data, int epochs, Rng rng) {
        var network = new Mlp(config, rng);
        new Trainer(new Adam(1e-2), epochs).withBatchSize(32).withSchedule(new Schedule.Cosine(epochs * 5L)).fit(network, Loss::mse, data,
                rng);
        return network;
    }

    private static Dataset world(double gap, Rng rng) {
        int n = 160;
        double[] x = new double[n], y = new double[n];
        for (int i = 0; i < n; i++) {
            x[i] = (i % 2 == 0 ? -1 : 1) * (gap + (3 - gap) * rng.nextDouble());
            y[i] = Math.sin(2 * x[i]) + Math.sqrt(NOISE) * rng.nextGaussian();
        }
        return new Dataset(Tensor.of(x, n, 1).to(DType.F32), Tensor.of(y, n, 1).to(DType.F32), List.of(), List.of(), "a curve with a gap");
    }
}
