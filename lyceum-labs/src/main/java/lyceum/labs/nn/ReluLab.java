package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.ActivationReport;
import lyceum.nn.DeadUnits;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.random.Rng;

/** Raise the learning rate and watch hidden units fall silent, one after the other and for good; a small leak does not keep them from it, but lets them come back. */
@Lab(topics = "relu", title = "Units that never fire again")
final class ReluLab implements LabBody {
    private static final double[] RATES = {0.1, 0.2, 0.5, 1, 1.4, 2, 5};
    private static final double GOOD = 0.2;

    @Override public void run(LabContext lab) {
        int width = lab.param("units", 48, 10, 200);
        int steps = lab.param("steps", 40, 10, 500);
        double slope = lab.param("leak", 0.01, 0.001, 0.5);
        var data = Datasets.digits().to(DType.F32).scaled(1.0 / 16);
        var fires = new double[RATES.length][];
        double[] dead = new double[RATES.length], silent = new double[RATES.length], accuracy = new double[RATES.length],
                leaky = new double[RATES.length];
        for (int r : lab.progress("learning rates", RATES.length)) {
            var plain = train(network(width, lab.rng(1)), data, RATES[r], steps, lab.rng(2));
            var leaking = train(DeadUnits.leaking(network(width, lab.rng(1)), slope), data, RATES[r], steps, lab.rng(2));
            var layer = ActivationReport.of(plain, List.of(data.x())).layers().getFirst();
            fires[r] = IntStream.range(0, width).mapToDouble(u -> (double) layer.fired()[u] / layer.rows()).sorted().toArray();
            dead[r] = DeadUnits.find(plain, List.of(data.x())).share();
            silent[r] = DeadUnits.find(leaking, List.of(data.x())).share();
            accuracy[r] = accuracy(train(plain, data, GOOD, 200, lab.rng(5)), data);
            leaky[r] = accuracy(train(leaking, data, GOOD, 200, lab.rng(5)), data);
        }
        String[] rows = Arrays.stream(RATES).mapToObj(r -> String.format(Locale.ROOT, "%.1f", r)).toArray(String[]::new);
        lab.figure(Figure.heatmap("How often each hidden unit fires", fires, rows, Figure.numbered(1, width))
                .axes("unit, from the rarest to the busiest", "learning rate").describedAs(
                        "One row a learning rate, one cell a unit: at low rates every unit fires on some of the digits, at the highest the left of the row is dark, units that no digit opens any more."));
        lab.figure(Figure
                .row("What it costs",
                        Figure.line("Units that fire for no digit", RATES, dead).named("ReLU").line("leaky ReLU", RATES, silent).logX()
                                .axes("learning rate", "share of units"),
                        Figure.line("Digits read rightly, 200 steps at " + GOOD + " later", RATES, accuracy).named("ReLU")
                                .line("leaky ReLU", RATES, leaky).logX().axes("learning rate before", "training accuracy"))
                .describedAs(
                        "Left: at too high a rate units of both kinds fall silent. Right: once the rate is right again the network with a leak reads digits anew; the one without gets what its last living units allow."));
        int last = RATES.length - 1, ten = IntStream.range(0, RATES.length).filter(r -> RATES[r] == 10 * GOOD).findFirst().orElseThrow();
        lab.say("At a rate of %s, %.0f%% of the ReLU units are dead and %.0f%% of the leaky ones silent. After 200 steps at %.1f the first network reads %.0f%% of the digits, the second %.0f%%.",
                rows[ten], 100 * dead[ten], 100 * silent[ten], GOOD, 100 * accuracy[ten], 100 * leaky[ten]);
        lab.shows("dead share at ten times a working rate", dead[ten], atLeast(0.3));
        lab.shows("accuracy with a leak once the rate is right", leaky[ten], atLeast(0.7));
        revive(lab, train(network(width, lab.rng(1)), data, RATES[last], steps, lab.rng(2)), data);
    }

    private static Sequential network(int width, Rng rng) {
        return new Sequential(new Linear(64, width, true, DType.F32, Init.heUniform(), rng), Activation.RELU,
                new Linear(width, 10, true, DType.F32, Init.heUniform(), rng));
    }

    private static Sequential train(Sequential network, Dataset data, double rate, int steps, Rng rng) {
        var optimizer = new Sgd(rate).over(network.parameters());
        for (int i = 0; i < steps; i++) {
            var batch = data.rows(rng.sample(data.size(), 64));
            optimizer.zeroGrad();
            Loss.crossEntropy(network.forward(batch.x()), batch.y()).backward();
            optimizer.step();
        }
        return network;
    }

    private static double accuracy(Sequential network, Dataset data) {
        return network.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item();
    }

    private static void revive(LabContext lab, Sequential network, Dataset data) {
        var dead = DeadUnits.find(network, List.of(data.x()));
        double before = accuracy(network, data);
        dead.reinitialise(network, Init.heUniform(), lab.rng(3));
        int left = DeadUnits.find(network, List.of(data.x())).count();
        double between = accuracy(network, data);
        train(network, data, GOOD, 60, lab.rng(4));
        lab.table("Bringing them back", List.of("moment", "dead units", "accuracy"), List.of(
                List.of("after training at the highest rate", dead.count(), before),
                List.of("re-initialised, their outgoing weights at zero", left, between),
                List.of("after 60 more steps at 0.2", DeadUnits.find(network, List.of(data.x())).count(), accuracy(network, data))));
    }
}
