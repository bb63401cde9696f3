package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.EarlyStopping;
import lyceum.train.Trainer;

/** A network that learns a noisy curve by heart, and the moment to stop it. */
@Lab(topics = "early-stopping", title = "The weights you want existed some time ago")
final class EarlyStoppingLab implements LabBody {
    @Override public void run(LabContext lab) {
        int points = lab.param("points", 24, 10, 100), epochs = lab.param("epochs", 600, 50, 3000),
                patience = lab.param("patience", 60, 1, 500);
        double noise = lab.param("noise", 0.4, 0.0, 1.0);
        Dataset train = curve(lab.rng(1), points, noise), validation = curve(lab.rng(2), 40, noise), test = curve(lab.rng(3), 500, noise);

        var trainer = new Trainer(new Adam(0.01), epochs).withBatchSize(points);
        var late = network(lab.rng(4));
        var history = trainer.fit(late, Loss::mse, train, validation, lab.rng(5), lab.progress());
        var watch = new EarlyStopping(patience).watch();
        for (double v : history.validations()) if (!watch.isOver()) watch.see(v);
        var early = network(lab.rng(4));
        var first = trainer.withEpochs(Math.max(1, watch.bestStep() / 8)).withEarlyStopping(null);
        first.fit(early, Loss::mse, train, lab.rng(5));
        var stopped = network(lab.rng(4));
        trainer.withEarlyStopping(new EarlyStopping(patience)).fit(stopped, Loss::mse, train, validation, lab.rng(5), lab.progress());

        lab.figure(Figure.plot("Training and validation").line("training", 1, history.losses()).line("validation", 1, history.validations())
                .verticalLine(watch.bestStep() + 1, "restored").verticalLine(watch.steps(), "stops").axes("epoch", "mean squared error")
                .describedAs(
                        "Training error falls all the time; validation error turns. One line marks the weights that are restored, one the end of the patience."));
        var plots = new ArrayList<Plot>();
        var names = new String[] {"before", "at the restored point", "at the end"};
        var models = new Sequential[] {early, stopped, late};
        for (int i = 0; i < 3; i++) plots.add(fit(names[i], models[i], train));
        lab.figure(Figure.grid("The fit", 3, plots.toArray(Plot[]::new)).describedAs(
                "Three fits to the same points: too flat before, close to the sine at the restored point, through every point at the end."));
        double at = Loss.mse(stopped.forward(test.x()), test.y()).item(), end = Loss.mse(late.forward(test.x()), test.y()).item();
        lab.say("Stopped after %d epochs and set back to number %d, it errs by %.3f on new points; trained on to the end, by %.3f.",
                watch.steps(), watch.bestStep() + 1, at, end);
        lab.shows("test error of the last weights over that of the restored", end / at, above(1));
    }

    private static Sequential network(Rng rng) {
        return new Sequential(new Linear(1, 60, rng), Activation.TANH, new Linear(60, 60, rng), Activation.TANH, new Linear(60, 1, rng));
    }

    private static Dataset curve(Rng rng, int n, double noise) {
        var x = Tensor.rand(rng, DType.F32, n, 1).mul(6).sub(3).compute();
        return Dataset.of(x, x.sin().add(Tensor.randn(rng, DType.F32, n, 1).mul(noise)).compute());
    }

    private static Plot fit(String name, Sequential model, Dataset data) {
        return Figure.plot(name).points("data", data.x().flatten(), data.y().flatten())
                .line("fit", -3, 3, v -> model.forward(Tensor.full(DType.F32, v, 1, 1)).item()).axes("x", "y");
    }
}
