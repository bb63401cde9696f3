package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.LinkedHashMap;
import java.util.Locale;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Gru;
import lyceum.nn.Linear;
import lyceum.nn.Lstm;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A simple network unrolled, how far it can remember, and what the gates of others do at the steps that matter. */
@Lab(topics = {"rnn", "lstm", "gru"}, title = "Remember these two")
final class RecurrentLab implements LabBody {
    @Override public void run(LabContext lab) {
        int units = lab.param("units", 16, 4, 64), steps = lab.param("steps of the adding problem", 10, 6, 100),
                updates = lab.param("updates", 300, 20, 5000);
        echo(lab, units);
        adding(lab, units, steps, updates);
    }

    private static void echo(LabContext lab, int units) {
        int[] delays = {1, 3, 9};
        var right = new double[delays.length];
        for (int d : lab.progress("delays", delays.length)) {
            int lag = delays[d];
            var rnn = new Rnn(new RnnConfig(1, units), lab.rng(1));
            var head = new Linear(units, 2, lab.rng(2));
            train(rnn, head, 80, 0.01, i -> {
                var batch = SequenceTasks.delayedCopy(lab.rng(100 + i), 32, 2 * lag + 4, lag);
                return Loss.crossEntropy(after(lag, head.forward(rnn.forward(batch.x()))).reshape(-1, 2), after(lag, batch.y()).flatten());
            });
            var test = SequenceTasks.delayedCopy(lab.rng(3), 200, 2 * lag + 4, lag);
            right[d] = Autograd
                    .noGrad(() -> after(lag, head.forward(rnn.forward(test.x())).argmax(2).eq(test.y())).to(DType.F64).mean().item());
            if (lag == 3) lab.figure(Figure
                    .heatmap("The hidden state of one sequence, step by step", rnn.forward(test.x()).get(0).transpose())
                    .axes("step", "unit").describedAs(
                            "Each column is the state after a step, made of the column before and one bit: with a delay of three, bits walk through the units."));
        }
        lab.figure(Figure.plot("How old a bit the simple network can give back").line("after 80 updates", new double[] {1, 3, 9}, right)
                .axes("delay in steps", "share right").describedAs(
                        "Short delays are learnt at once, long ones not in the same number of updates: the gradient that would teach them has shrunk on the way."));
        lab.say("After 80 updates a delay of %d is right in %.0f%% of cases, one of %d in %.0f%%.", delays[0], 100 * right[0], delays[2],
                100 * right[2]);
        lab.shows("rnn", "share right at the shortest delay over that at the longest", right[0] - right[2], above(0.2));
    }

    private static Tensor after(int lag, Tensor x) { return x.narrow(1, lag, x.size(1) - lag); }

    private static void adding(LabContext lab, int units, int steps, int updates) {
        var config = new RnnConfig(2, units);
        var errors = new LinkedHashMap<String, Double>();
        var test = SequenceTasks.adding(lab.rng(4), 500, steps);
        for (var network : new Rnn[] {new Rnn(config, lab.rng(5)), new Lstm(config, lab.rng(5)), new Gru(config, lab.rng(5))}) {
            var name = network.getClass().getSimpleName();
            var head = new Linear(units, 1, lab.rng(6));
            train(network, head, updates, 0.02, i -> {
                var batch = SequenceTasks.adding(lab.rng(1000 + i), 32, steps);
                return Loss.mse(head.forward(network.forward(batch.x()).select(1, steps - 1)), batch.y());
            });
            errors.put(name,
                    Autograd.noGrad(() -> Loss.mse(head.forward(network.forward(test.x()).select(1, steps - 1)), test.y()).item()));
            if (network instanceof Lstm) gates(lab, network, test.x().get(0), "input", "forget", "memory");
            if (network instanceof Gru) gates(lab, network, test.x().get(0), "update", "reset", "candidate");
        }
        lab.figure(Figure.bar("The sum of two marked numbers, after " + updates + " updates", errors.keySet().toArray(String[]::new),
                errors.values().stream().mapToDouble(e -> e).toArray()).axes("network", "mean squared error").describedAs(
                        "Who always says 1 has an error of 0.167; gated cells get far below it in updates that leave the simple network there, or are ahead of it."));
        lab.say("Mean squared errors: %s. The mean alone would have 0.167.", errors);
        lab.shows("lstm", "LSTM: mean squared error", errors.get("Lstm"), below(0.17));
        lab.shows("gru", "GRU: mean squared error", errors.get("Gru"), below(0.17));
    }

    private static void gates(LabContext lab, Rnn network, Tensor x, String... names) {
        var gates = network.gates(x.unsqueeze(0), "l0");
        var panels = new Figure[names.length + 1];
        panels[0] = Figure.plot("input").line("number", 0, x.select(1, 0)).line("mark", 0, x.select(1, 1)).axes("step", "value");
        for (int i = 0; i < names.length; i++)
            panels[i + 1] = Figure.heatmap(names[i], gates.get(names[i]).select(1, 0).transpose()).axes("step", "unit");
        lab.figure(Figure.grid("What the " + network.getClass().getSimpleName().toUpperCase(Locale.ROOT) + " does around the marked items",
                2, panels).describedAs(
                        "One row a unit, one column a step: at the two marks the gates open or shut, and the memory changes there and is kept between."));
    }

    private interface StepLoss {
        Tensor at(int update);
    }

    private static void train(Rnn network, Linear head, int updates, double rate, StepLoss loss) {
        var parameters = new LinkedHashMap<>(network.parameters());
        head.parameters().forEach((name, p) -> parameters.put("head." + name, p));
        var optimizer = new Adam(rate).over(parameters).clippedBy(Clip.norm(1));
        for (int i = 0; i < updates; i++) {
            try (var scope = Scope.open("update")) {
                optimizer.zeroGrad();
                loss.at(i).backward();
                optimizer.step();
            }
        }
    }
}
