package lyceum.train.continual;

import java.util.ArrayList;
import java.util.List;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Progressive networks: each task after the first gets a column of its own, a multilayer perceptron like the given one whose layers also
 * read, through learnt
 * lateral weights, the layers before in all earlier columns. Those are frozen, so that nothing is forgotten; parameters grow with the
 * square of the tasks.
 * The task must be named when the model is asked. The given model is the first column, an {@link Mlp} without norms, dropout and
 * residuals, and is frozen when the second task begins.
 *
 * @see <a href="https://arxiv.org/abs/1606.04671">Rusu et al. (2016)</a>
 */
public record ProgressiveColumns() implements ContinualMethod {
    @Override public Session start(Module model, TaskObjective objective, Rng rng) {
        if (objective.protocol() != Protocol.TASK) throw new IllegalArgumentException(
                "ProgressiveColumns: the protocol is " + objective.protocol() + "; a column is chosen by its task, so it must be TASK");
        if (!(model instanceof Mlp first) || first.config().norm() != MlpConfig.Norm.NONE || first.config().dropout() > 0
                || first.config().residual())
            throw new IllegalArgumentException("ProgressiveColumns: the model is a " + model.getClass().getSimpleName()
                    + "; columns are Mlps without norms, dropout and residuals");
        var columns = new ArrayList<Column>();
        columns.add(new Column(first, List.of(), rng));
        return new Session(model, objective) {
            @Override protected Module model(int task) { return columns.get(Math.min(task, columns.size() - 1)); }

            @Override protected void begin(int stage, TaskBatch data) {
                if (stage == 0) return;
                columns.getLast().freeze("*");
                var draws = rng.split(stage);
                columns.add(new Column(new Mlp(first.config(), draws.split(0)), List.copyOf(columns), draws.split(1)));
            }
        };
    }

    private static final class Column extends Module {
        private final List<Column> earlier;
        private final Mlp own;
        /** Into each layer but the first, from that layer's input in the earlier columns side by side. */
        private final List<Linear> lateral;

        Column(Mlp own, List<Column> earlier, Rng rng) {
            this.own = own;
            this.earlier = earlier;
            var into = new ArrayList<Linear>();
            for (var layer : own.layers().subList(1, own.layers().size())) {
                if (earlier.isEmpty()) break;
                var w = layer.weight();
                into.add(new Linear(earlier.size() * w.size(1), w.size(0), false, w.dtype(), own.config().init(), rng));
            }
            lateral = List.copyOf(into);
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return layers(x, pass).getLast(); }

        /** The inputs of all layers, and the output. */
        private List<Tensor> layers(Tensor x, Pass pass) {
            var before = new ArrayList<List<Tensor>>();
            for (var column : earlier) before.add(column.layers(x, pass));
            var values = new ArrayList<Tensor>();
            values.add(x);
            for (int i = 0; i < own.layers().size(); i++) {
                int layer = i;
                var z = own.layers().get(i).forward(values.get(i), pass);
                if (i > 0 && !earlier.isEmpty()) {
                    var side = Tensor.concat(-1, before.stream().map(v -> v.get(layer)).toArray(Tensor[]::new));
                    z = z.add(lateral.get(i - 1).forward(side, pass));
                }
                values.add(i == own.layers().size() - 1 ? z : own.config().activation().forward(z, pass));
            }
            return values;
        }
    }
}
