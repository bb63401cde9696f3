package lyceum.train;

import lyceum.ConvergenceException;
import lyceum.data.DataLoader;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.optim.Optimizer;
import lyceum.random.Rng;

/** Steps of an optimiser over the batches of one pass. */
record BatchSteps(Optimizer optimizer, BatchLoss loss) {
    /** The mean loss over the rows, each before the step that it caused. */
    double pass(DataLoader loader, Rng rng) {
        double sum = 0;
        long rows = 0;
        for (var batch : loader.pass(0)) {
            try (var scope = Scope.open("training step")) {
                optimizer.zeroGrad();
                var value = loss.of(batch, Pass.training(rng.split(rows)));
                double number = value.item();
                if (!Double.isFinite(number)) throw new ConvergenceException("training: the loss is " + number + " at step "
                        + optimizer.steps() + "; lower the learning rate or look for such values in the data");
                value.backward();
                optimizer.step();
                optimizer.zeroGrad();
                sum += number * batch.length;
                rows += batch.length;
            }
        }
        return sum / rows;
    }
}
