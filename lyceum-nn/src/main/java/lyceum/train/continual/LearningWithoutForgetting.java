package lyceum.train.continual;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.compress.Distiller;

/**
 * Learning without forgetting: on the new task's inputs, the outputs for old classes shall stay what they were when the task began. To the
 * loss is added
 * {@code weight T^2 KL(softmax(old / T) || softmax(new / T))}, over each old task's classes where tasks are named, over all old classes
 * where they are not, over all outputs where tasks share them. Keeps no rows.
 *
 * @param weight at least 0
 * @param temperature T, above 0; 2 in the paper
 * @see <a href="https://arxiv.org/abs/1606.09282">Li and Hoiem (2016)</a>
 */
public record LearningWithoutForgetting(double weight, double temperature) implements ContinualMethod {
    public LearningWithoutForgetting {
        if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("LearningWithoutForgetting: weight is " + weight + "; it is at least 0");
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("LearningWithoutForgetting: temperature is " + temperature + "; it is above 0");
    }

    /** Temperature 2. */
    public LearningWithoutForgetting(double weight) { this(weight, 2); }

    @Override public Session start(Module model, TaskObjective objective, Rng rng) {
        var distiller = new Distiller(temperature, 1);
        return new Session(model, objective) {
            private Module old;
            private final List<Tensor> columns = new ArrayList<>();

            @Override protected void begin(int stage, TaskBatch data) {
                if (stage == 0) return;
                old = Module.copy(model);
                columns.clear();
                try (var kept = Scope.outside()) {
                    switch (objective.protocol()) {
                        case DOMAIN -> columns.add(null);
                        case CLASS -> columns.add(Tensor.of(objective.classes(stage - 1, stage - 1)));
                        case TASK -> { for (int t = 0; t < stage; t++) columns.add(Tensor.of(objective.classes(t, stage))); }
                    }
                }
            }

            @Override protected Tensor extra(int stage, TaskBatch batch, Tensor outputs) {
                if (stage == 0 || weight == 0) return null;
                var before = Autograd.noGrad(() -> old.forward(batch.x()));
                Tensor sum = null;
                for (var of : columns) {
                    var part = of == null ? distiller.soft(outputs, before)
                            : distiller.soft(outputs.indexSelect(1, of), before.indexSelect(1, of));
                    sum = sum == null ? part : sum.add(part);
                }
                return sum.mul(weight * temperature * temperature);
            }
        };
    }
}
