package lyceum.models.sequence;

import java.util.function.IntFunction;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.optim.UpdateRule;
import lyceum.tensor.Tensor;

/** What the tests of trained models share. */
final class Fitting {
    private Fitting() {}

    /** So many updates with gradients clipped at norm 1, each on what {@code loss} makes of its number. */
    static void train(Module model, UpdateRule rule, Schedule schedule, int updates, IntFunction<Tensor> loss) {
        var optimizer = rule.over(model.parameters()).clippedBy(Clip.norm(1));
        if (schedule != null) optimizer = optimizer.scheduledBy(schedule);
        for (int i = 0; i < updates; i++) {
            try (var scope = Scope.open("update")) {
                optimizer.zeroGrad();
                loss.apply(i).backward();
                optimizer.step();
            }
        }
    }

    static double distance(Tensor a, Tensor b) { return a.sub(b).abs().max().item(); }
}
