package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.ModularConfig;
import lyceum.nn.ModularNetwork;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Four operations on vectors, two after one another, four of the sixteen pairs never shown: who can do those? */
@Lab(topics = "modular-networks", title = "Pairs that were never shown")
final class ModularNetworkLab implements LabBody {
    private static final int WIDTH = 6, SKILLS = 4;

    private record Task(Tensor x, int[][] program, Tensor descriptors, Tensor y) {}

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 600, 100, 5000);
        double rate = lab.param("learning rate", 0.03, 0.001, 0.1), balance = lab.param("balance", 0.1, 0.0, 1.0);
        var modules = IntStream.range(0, SKILLS).mapToObj(i -> new Linear(WIDTH, WIDTH, true, DType.F32, Init.normal(0.1), lab.rng(i)))
                .toList();
        var network = new ModularNetwork(modules, new ModularConfig(SKILLS, 2).withBalance(balance), lab.rng(5));
        train(network, (t, pass) -> network.forward(t.x, t.descriptors, pass), steps, rate, lab.rng(6));
        var monolith = new Mlp(MlpConfig.regressor(WIDTH + 2 * SKILLS, WIDTH, (int) network.parameterCount() / 20), lab.rng(7));
        train(monolith, (t, pass) -> monolith.forward(Tensor.concat(1, t.x, t.descriptors.reshape(-1, 2L * SKILLS)), pass), steps, 0.01,
                lab.rng(8));

        Task seen = task(400, false, lab.rng(9)), unseen = task(400, true, lab.rng(10));
        double[] modular = {score(network.forward(seen.x, seen.descriptors, Pass.inference()), seen),
                score(network.forward(unseen.x, unseen.descriptors, Pass.inference()), unseen)};
        double[] whole = {score(monolith.forward(Tensor.concat(1, seen.x, seen.descriptors.reshape(-1, 2L * SKILLS))), seen),
                score(monolith.forward(Tensor.concat(1, unseen.x, unseen.descriptors.reshape(-1, 2L * SKILLS))), unseen)};
        lab.figure(Figure
                .row("Share of vectors within 10%",
                        Figure.bar("modules", new String[] {"pairs shown", "pairs held out"}, modular).axes("pairs", "share"),
                        Figure.bar("one network", new String[] {"pairs shown", "pairs held out"}, whole).axes("pairs", "share"))
                .describedAs("Modules that learned each operation do any two of them; one network of as many parameters does not."));
        int[][] routes = network.routes(seen.descriptors);
        var uses = new double[SKILLS][SKILLS];
        for (int i = 0; i < routes.length; i++) for (int s = 0; s < 2; s++) uses[seen.program[i][s]][routes[i][s]]++;
        lab.figure(Figure.heatmap("Which module does which operation", uses).axes("module", "operation")
                .describedAs("Each operation has found a module of its own; nobody told it which."));

        var larger = network.plus(new Linear(WIDTH, WIDTH, lab.rng(11)), 1);
        var wider = Tensor.concat(2, unseen.descriptors, Tensor.zeros(400, 2, 1));
        double moved = larger.forward(unseen.x, wider, Pass.inference())
                .sub(network.forward(unseen.x, unseen.descriptors, Pass.inference())).abs().max().item();
        lab.shows("modules, score on pairs held out", modular[1], atLeast(0.9));
        lab.shows("one network, score on pairs held out", whole[1], atMost(0.6));
        lab.shows("information of module and operation", ModularNetwork.specialisation(routes, seen.program), atLeast(0.9));
        lab.shows("what a fifth module changes in old tasks", moved, exactly(0));
    }

    private static void train(Module model, BiFunction<Task, Pass, Tensor> output, int steps, double rate, Rng rng) {
        var optimizer = new Adam(rate).over(model.parameters());
        for (int step = 0; step < steps; step++) {
            if (step == 2 * steps / 3) optimizer.scaleRates(0.1);
            try (var scope = Scope.open("step")) {
                var task = task(64, false, rng);
                var penalties = new ArrayList<Tensor>();
                optimizer.zeroGrad();
                var loss = Loss.mse(output.apply(task, Pass.training(rng).collecting(penalties::add)), task.y);
                for (var penalty : penalties) loss = loss.add(penalty);
                loss.backward();
                optimizer.step();
            }
        }
    }

    private static double score(Tensor output, Task task) {
        var error = output.detach().sub(task.y).square().sum(-1).div(task.y.square().sum(-1)).sqrt();
        return error.lt(0.1).to(DType.F64).mean().item();
    }

    /** Pairs (i, i + 1 mod 4) are those held out. */
    private static Task task(int n, boolean heldOut, Rng rng) {
        float[] x = new float[n * WIDTH], y = new float[n * WIDTH];
        var program = new int[n][2];
        for (int r = 0; r < n; r++) {
            int first = rng.nextInt(SKILLS), second = heldOut ? (first + 1) % SKILLS : (first + 2 + rng.nextInt(SKILLS - 1)) % SKILLS;
            program[r] = new int[] {first, second};
            var v = new double[WIDTH];
            for (int i = 0; i < WIDTH; i++) x[r * WIDTH + i] = (float) (v[i] = rng.nextGaussian());
            v = operation(second, operation(first, v));
            for (int i = 0; i < WIDTH; i++) y[r * WIDTH + i] = (float) v[i];
        }
        var flat = IntStream.range(0, 2 * n).map(i -> program[i / 2][i % 2]).toArray();
        return new Task(Tensor.of(x, n, WIDTH), program, Tensor.of(flat).oneHot(DType.F32, SKILLS).reshape(n, 2, SKILLS),
                Tensor.of(y, n, WIDTH));
    }

    /** Move on by one; turn pairs by 90 degrees; change every other sign; reverse. */
    private static double[] operation(int number, double[] x) {
        var y = new double[WIDTH];
        for (int i = 0; i < WIDTH; i++) y[i] = switch (number) {
            case 0 -> x[(i + 1) % WIDTH];
            case 1 -> i % 2 == 0 ? x[i + 1] : -x[i - 1];
            case 2 -> i % 2 == 0 ? -x[i] : x[i];
            default -> x[WIDTH - 1 - i];
        };
        return y;
    }
}
