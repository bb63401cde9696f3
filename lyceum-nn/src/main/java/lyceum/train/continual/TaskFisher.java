package lyceum.train.continual;

import java.util.Arrays;
import lyceum.autograd.Autograd;
import lyceum.autograd.Mode;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;
import lyceum.train.ParameterSpace;

/** The Fisher information of a task's rows, summed over them, at a model's weights. */
record TaskFisher(TaskObjective objective, int stage, Ewc.Form form) {
    private static final int CHUNK = 32;

    /** (n, n), or its diagonal (n). */
    Tensor of(Module model, TaskBatch data) {
        var space = ParameterSpace.of(model);
        var at = space.values(model);
        Tensor sum = null;
        for (int from = 0; from < data.tasks().length; from += CHUNK) {
            int size = Math.min(CHUNK, data.tasks().length - from);
            var rows = new int[size];
            for (int i = 0; i < size; i++) rows[i] = from + i;
            try (var scope = Scope.open("fisher information")) {
                var part = chunk(model, space, at, data.rows(rows));
                sum = (sum == null ? part : sum.add(part)).compute().keptBy(scope);
            }
        }
        return sum;
    }

    private Tensor chunk(Module model, ParameterSpace space, Tensor at, TaskBatch rows) {
        int task = rows.tasks()[0]; // a stage's own rows are of one task
        var x = rows.x().detach();
        var y = rows.y().detach();
        if (form == Ewc.Form.EMPIRICAL) return Autograd.vmap(row -> Autograd
                .valueAndGrad(w -> objective.loss().of(outputs(space.at(model, w), row[0], task), row[1].unsqueeze(0)), at).gradient(), x,
                y).detach().square().sum(0);
        var j = Autograd.vmap(row -> Autograd.jacobian(w -> outputs(space.at(model, w), row[0], task).flatten(), at, Mode.REVERSE), x)
                .detach();
        var outputs = Autograd.noGrad(() -> Tensor.stack(0, rowOutputs(model, x, task)).compute());
        var h = Autograd.vmap(row -> Autograd.hessian(o -> objective.loss().of(o.unsqueeze(0), row[1].unsqueeze(0)), row[0]), outputs, y)
                .detach();
        long b = j.size(0), k = j.size(1), n = j.size(2);
        return Autograd.noGrad(() -> {
            var hj = h.matmul(j);
            return form == Ewc.Form.FULL ? j.reshape(b * k, n).transpose().matmul(hj.reshape(b * k, n)) : j.mul(hj).sum(0, 1);
        });
    }

    private Tensor[] rowOutputs(Module model, Tensor x, int task) {
        var all = model.forward(x);
        var tasks = new int[(int) x.size(0)];
        Arrays.fill(tasks, task);
        all = objective.competing(all, tasks, stage).reshape(x.size(0), -1);
        var rows = new Tensor[tasks.length];
        for (int i = 0; i < rows.length; i++) rows[i] = all.select(0, i);
        return rows;
    }

    private Tensor outputs(Module model, Tensor row, int task) {
        return objective.competing(model.forward(row.unsqueeze(0), Pass.inference()), new int[] {task}, stage);
    }
}
