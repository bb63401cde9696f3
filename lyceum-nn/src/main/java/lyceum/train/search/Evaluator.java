package lyceum.train.search;

import java.util.function.ToDoubleFunction;
import lyceum.ConvergenceException;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.data.Dataset;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Scores an architecture: by training it, by shared weights, or without any training. */
@FunctionalInterface
public interface Evaluator {
    /**
     * @param score higher is better; one that is not a number counts as minus infinity
     * @param networks trained from fresh weights
     * @param operations in products
     */
    record Evaluation(double score, long networks, double operations) {
        public Evaluation {
            if (Double.isNaN(score)) score = Double.NEGATIVE_INFINITY;
        }
    }

    Evaluation evaluate(Architecture architecture, Rng rng);

    /**
     * Trains a network of its own and scores it on data that it has not seen. One that diverges scores minus infinity.
     *
     * @param score of the trained network, such as its accuracy on validation data
     */
    static Evaluator training(NetworkSpace space, Trainer trainer, Loss loss, Dataset train, ToDoubleFunction<Module> score) {
        return (architecture, rng) -> {
            var network = space.build(architecture, rng.split(1));
            double operations = step(network, loss, train.head(1)) * train.size() * trainer.epochs();
            try {
                trainer.fit(network, loss, train, null, rng.split(2), Progress.SILENT);
                return new Evaluation(score.applyAsDouble(network), 1, operations);
            } catch (ConvergenceException diverged) {
                return new Evaluation(Double.NEGATIVE_INFINITY, 1, operations);
            }
        };
    }

    /** Scores the path through trained shared weights. What training them cost is not counted here. @param rows that the score runs over */
    static Evaluator sharing(SuperNet net, ToDoubleFunction<Module> score, Tensor rows) {
        return (architecture, rng) -> {
            var path = net.path(architecture);
            return new Evaluation(score.applyAsDouble(path), 0, forward(path, rows.narrow(0, 0, 1)) * rows.size(0));
        };
    }

    /** Scores fresh networks that are never trained. */
    static Evaluator proxy(NetworkSpace space, ZeroCostProxy proxy, Loss loss, Dataset batch) {
        return (architecture, rng) -> {
            var network = space.build(architecture, rng.split(1));
            double operations = switch (proxy) {
                case SYNFLOW -> 3 * forward(network, batch.head(1).x());
                case NASWOT -> forward(network, batch.head(1).x()) * batch.size();
                case GRAD_NORM, SNIP -> step(network, loss, batch.head(1)) * batch.size();
            };
            return new Evaluation(proxy.score(network, batch.x(), batch.y(), loss), 0, operations);
        };
    }

    /** The share of rows whose largest output is that of their class. */
    static ToDoubleFunction<Module> accuracy(Dataset data) {
        return network -> Autograd.noGrad(() -> {
            long right = 0;
            for (int from = 0; from < data.size(); from += 1000) {
                var part = data.range(from, Math.min(data.size(), from + 1000));
                right += (long) network.forward(part.x()).argmax(1).eq(part.y()).countNonZero().item();
            }
            return (double) right / data.size();
        });
    }

    private static double forward(Module network, Tensor row) {
        return Autograd.noGrad(() -> (double) FlopCounter.count(() -> network.forward(row).compute()).products());
    }

    /** Forward and backward. */
    private static double step(Module network, Loss loss, Dataset row) {
        double products = FlopCounter.count(() -> loss.of(network.forward(row.x()), row.y()).backward()).products();
        network.zeroGrad();
        return products;
    }
}
