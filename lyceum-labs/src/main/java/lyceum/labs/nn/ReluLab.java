package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.exactly;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
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
import lyceum.tensor.Tensor;

/** Raise the learning rate and watch hidden units fall silent, one after the other and for good; a small leak keeps all of them alive. */
@Lab(topics = "relu", title = "Units that never fire again")
final class ReluLab implements LabBody {
    private static final double[] RATES = {0.1, 0.2, 0.5, 1, 1.4, 2, 5};
    @Override public void run(LabContext lab) {
        int width = lab.param("units", 48, 10, 200);
        int steps = lab.param("steps", 40, 10, 500);
        double slope = lab.param("leak", 0.01, 0.001, 0.5);
        var digits = Datasets.digits().flat();
        var data = digits.withX(digits.x().to(DType.F32).div(16).compute());
        var fires = new double[RATES.length][];
        double[] dead = new double[RATES.length], stuck = new double[RATES.length], accuracy = new double[RATES.length], leaky = new double[RATES.length];
        Sequential worst = null;
        for (int r : lab.progress("learning rates", RATES.length)) {
            var plain = train(network(width, lab.rng(1)), data, RATES[r], steps, lab.rng(2));
            var leaking = train(DeadUnits.leaking(network(width, lab.rng(1)), slope), data, RATES[r], steps, lab.rng(2));
            var layer = ActivationReport.of(plain, List.of(data.x())).layers().getFirst();
            fires[r] = IntStream.range(0, width).mapToDouble(u -> (double) layer.fired()[u] / layer.rows()).sorted().toArray();
            dead[r] = withoutGradient(plain, data.x());
            stuck[r] = withoutGradient(leaking, data.x());
            accuracy[r] = accuracy(plain, data);
            leaky[r] = accuracy(leaking, data);
            worst = plain;
        }
        String[] rows = java.util.Arrays.stream(RATES).mapToObj(r -> String.format(Locale.ROOT, "%.1f", r)).toArray(String[]::new);
        lab.figure(Figure.heatmap("How often each hidden unit fires", fires, rows, IntStream.rangeClosed(1, width).mapToObj(Integer::toString).toArray(String[]::new))
                .axes("unit, from the rarest to the busiest", "learning rate")
                .describedAs("One row a learning rate, one cell a unit: at low rates every unit fires on some of the digits, at the highest the left of the row is dark, units that no digit opens any more."));
        lab.figure(Figure.row("What it costs",
                Figure.line("Units without any gradient", RATES, dead).named("ReLU").line("leaky ReLU", RATES, stuck).logX().axes("learning rate", "share of units"),
                Figure.line("Digits read rightly", RATES, accuracy).named("ReLU").line("leaky ReLU", RATES, leaky).logX().axes("learning rate", "training accuracy"))
                .describedAs("The share of dead ReLU units climbs with the rate while that of leaky units stays at zero; accuracy falls where units die."));
        int last = RATES.length - 1;
        lab.say("At a rate of %s, %.0f%% of the ReLU units are dead; with a leak of %.3f none is.", rows[last], 100 * dead[last], slope);
        lab.shows("dead share at ten times a working rate", dead[last], atLeast(0.3));
        lab.shows("the same with a leak", stuck[last], exactly(0));
        revive(lab, worst, data);
    }

    private static Sequential network(int width, Rng rng) {
        return new Sequential(new Linear(64, width, true, DType.F32, Init.heUniform(), rng), Activation.RELU, new Linear(width, 10, true, DType.F32, Init.heUniform(), rng));
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

    /** The share of hidden units whose slope is 0 for every row. */
    private static double withoutGradient(Sequential network, Tensor x) {
        var before = Autograd.noGrad(() -> network.layers().get(0).forward(x));
        return Autograd.grad(z -> network.layers().get(1).forward(z).sum()).apply(before).abs().max(0).eq(0).to(DType.F64).mean().item();
    }

    private static double accuracy(Sequential network, Dataset data) { return network.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item(); }

    private static void revive(LabContext lab, Sequential network, Dataset data) {
        var dead = DeadUnits.find(network, List.of(data.x()));
        double before = accuracy(network, data);
        dead.reinitialise(network, Init.heUniform(), lab.rng(3));
        int left = DeadUnits.find(network, List.of(data.x())).count();
        double between = accuracy(network, data);
        train(network, data, 0.2, 60, lab.rng(4));
        lab.table("Bringing them back", List.of("moment", "dead units", "accuracy"), List.of(List.of("after training at the highest rate", dead.count(), before),
                List.of("re-initialised, their outgoing weights at zero", left, between), List.of("after 60 more steps at 0.2", DeadUnits.find(network, List.of(data.x())).count(), accuracy(network, data))));
    }
}
