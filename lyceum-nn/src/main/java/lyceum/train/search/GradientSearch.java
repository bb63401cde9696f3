package lyceum.train.search;

import java.util.ArrayList;
import lyceum.ConvergenceException;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.DataLoader;
import lyceum.data.Dataset;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.Loss;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The loop of searches by gradients: a step of the architecture's weights, a step of the network's, and so on. */
final class GradientSearch {

    /** The gradient of alpha. */
    @FunctionalInterface
    interface ArchitectureStep {
        Tensor gradient(Dataset learning, Dataset judging, Pass pass);
    }

    /** The loss of w. */
    @FunctionalInterface
    interface WeightStep {
        Tensor loss(Dataset learning, Pass pass);
    }

    private final SuperNet net;
    private final Loss loss;
    private final Dataset train, validation;
    private final int warmup, epochs, batchSize;
    private final UpdateRule weights, architecture;
    private final Rng rng;
    private final Tensor alpha;

    /** @param warmup epochs before the first in which alpha moves as well */
    GradientSearch(SuperNet net, Loss loss, Dataset train, Dataset validation, int warmup, int epochs, int batchSize, UpdateRule weights,
            UpdateRule architecture, Rng rng) {
        if (train.size() == 0 || validation.size() == 0) throw new IllegalArgumentException(
                "architecture search: " + train.size() + " training and " + validation.size() + " validation rows; both need some");
        this.net = net;
        this.loss = loss;
        this.train = train;
        this.validation = validation;
        this.warmup = warmup;
        this.epochs = epochs;
        this.batchSize = batchSize;
        this.weights = weights;
        this.architecture = architecture;
        this.rng = rng;
        alpha = Tensor.zeros(DType.F32, net.space().candidates()).compute();
    }

    /** The architecture's weights as they are now; not recorded. */
    Tensor alpha() { return alpha; }

    SearchOutcome search(String name, ArchitectureStep architectureStep, WeightStep weightStep, Progress progress) {
        long begin = System.nanoTime();
        var byWeights = weights.over(net.parameters());
        var byArchitecture = architecture.over(alpha);
        var loader = DataLoader.of(train.size(), Math.min(batchSize, train.size()), rng.split(2));
        var judges = DataLoader.of(validation.size(), Math.min(batchSize, validation.size()), rng.split(3)).endless(0, 0);
        var trials = new ArrayList<SearchOutcome.Trial>();
        var probabilities = new ArrayList<double[]>();
        double operations = 0, ofArchitecture = 0, ofWeight = 0;
        long steps = 0;
        for (int epoch = 0; epoch < warmup + epochs; epoch++) {
            for (int[] rows : loader.pass(epoch)) {
                try (var scope = Scope.open(name + " step")) {
                    Dataset learning = train.rows(rows), judging = validation.rows(judges.next());
                    Rng first = rng.split(4).split(2 * steps), second = rng.split(4).split(2 * steps + 1);
                    var gradient = new Tensor[1];
                    Runnable ofAlpha = () -> gradient[0] = architectureStep.gradient(learning, judging, Pass.training(first)).compute();
                    Runnable ofWeights = () -> {
                        var value = weightStep.loss(learning, Pass.training(second));
                        if (!Double.isFinite(value.item()))
                            throw new ConvergenceException(name + ": the training loss is " + value.item() + "; lower the learning rate");
                        value.backward();
                    };
                    if (epoch >= warmup) {
                        if (ofArchitecture == 0) ofArchitecture = (double) FlopCounter.count(ofAlpha).products() / rows.length;
                        else ofAlpha.run();
                        byArchitecture.step(gradient);
                        operations += ofArchitecture * rows.length;
                    }
                    byWeights.zeroGrad();
                    if (ofWeight == 0) ofWeight = (double) FlopCounter.count(ofWeights).products() / rows.length;
                    else ofWeights.run();
                    byWeights.step();
                    operations += ofWeight * rows.length;
                    steps++;
                }
            }
            var p = new ArrayList<Double>();
            for (var part : net.space().probabilities(alpha)) for (double v : part.toDoubleArray()) p.add(v);
            probabilities.add(p.stream().mapToDouble(Double::doubleValue).toArray());
            var choice = net.space().strongest(alpha);
            double score = -Autograd.noGrad(() -> loss.of(net.path(choice).forward(validation.x()), validation.y()).item());
            trials.add(new SearchOutcome.Trial(choice, score, operations));
            progress.step(name, epoch + 1, warmup + epochs, "validation", -score);
        }
        var entry = new CostLedger.Entry(name + ", " + steps + " steps", 1, operations, (System.nanoTime() - begin) * 1e-9);
        return new SearchOutcome(net.space().strongest(alpha), trials, probabilities, CostLedger.EMPTY.and(entry));
    }
}
