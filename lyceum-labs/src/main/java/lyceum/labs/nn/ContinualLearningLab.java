package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.progress.Progress;
import lyceum.train.continual.AGem;
import lyceum.train.continual.AccuracyMatrix;
import lyceum.train.continual.ContinualLearner;
import lyceum.train.continual.ContinualMethod;
import lyceum.train.continual.Ewc;
import lyceum.train.continual.LearningWithoutForgetting;
import lyceum.train.continual.ProgressiveColumns;
import lyceum.train.continual.Protocol;
import lyceum.train.continual.Replay;
import lyceum.train.continual.SynapticIntelligence;
import lyceum.train.continual.TaskStream;

/** One network, tasks in a row, and every task's accuracy after each: by each method against forgetting. */
@Lab(topics = "continual-learning", title = "Five tasks in a row")
final class ContinualLearningLab implements LabBody {
    @Override public void run(LabContext lab) {
        var kind = lab.choice("tasks", "permuted digits", "permuted digits", "two digits at a time, task named", "two digits at a time");
        int count = lab.param("permuted tasks", 4, 2, 8);
        int epochs = lab.param("epochs of a task", 5, 1, 30);
        int kept = lab.param("rows remembered", 200, 10, 1000);
        double lambda = lab.param("strength of EWC", 10.0, 0.1, 1000.0);
        double c = lab.param("strength of synaptic intelligence", 0.1, 0.001, 10.0);
        var parts = Split.stratified(Datasets.digits().to(DType.F32).scaled(1.0 / 16).flat(), lab.rng(1), 0.5, 0.5);
        boolean permuted = kind.equals("permuted digits");
        var protocol = permuted ? Protocol.DOMAIN : kind.endsWith("named") ? Protocol.TASK : Protocol.CLASS;
        var stream = permuted ? TaskStream.permuted(parts.get(0), parts.get(1), count, lab.rng(2))
                : TaskStream.split(parts.get(0), parts.get(1), 2);

        var methods = new LinkedHashMap<String, ContinualMethod>();
        methods.put("naive", ContinualMethod.naive());
        methods.put("EWC", new Ewc(lambda).withRows(64));
        methods.put("synaptic intelligence", new SynapticIntelligence(c));
        methods.put("learning without forgetting", new LearningWithoutForgetting(1));
        methods.put("A-GEM", new AGem(kept));
        methods.put("replay", new Replay(kept));
        if (protocol == Protocol.TASK) methods.put("progressive columns", new ProgressiveColumns());
        methods.put("joint", ContinualMethod.joint());
        var found = new LinkedHashMap<String, AccuracyMatrix>();
        for (int m : lab.progress("methods", methods.size())) {
            var name = List.copyOf(methods.keySet()).get(m);
            var network = new Mlp(MlpConfig.classifier(64, 10, 64), lab.rng(3));
            found.put(name, new ContinualLearner(methods.get(name)).withRule(new Adam(3e-3)).withEpochs(epochs).withProtocol(protocol)
                    .learn(network, stream, lab.rng(4), Progress.SILENT).matrix());
        }

        var rows = new ArrayList<List<Object>>();
        found.forEach((name, r) -> rows
                .add(List.of(name, r.averageAccuracy(), r.averageForgetting(), r.backwardTransfer(), r.forwardTransfer())));
        lab.table("After the last task", List.of("method", "average accuracy", "forgetting", "backward transfer", "forward transfer"),
                rows);
        found.forEach((name, r) -> {
            var columns = new ArrayList<String>();
            columns.add("after task");
            for (int j = 0; j < r.tasks(); j++) columns.add("task " + (j + 1));
            var table = new ArrayList<List<Object>>();
            for (int i = 0; i < r.tasks(); i++) {
                var row = new ArrayList<Object>(List.of(i + 1));
                for (int j = 0; j < r.tasks(); j++) row.add(r.of(i, j));
                table.add(row);
            }
            lab.table("Accuracy: " + name, columns, table);
        });
        Plot first = Figure.plot("The first task's accuracy");
        for (var name : found.keySet()) {
            var r = found.get(name);
            double[] stages = new double[r.tasks()], accuracy = new double[r.tasks()];
            for (int i = 0; i < stages.length; i++) {
                stages[i] = i + 1;
                accuracy[i] = r.of(i, 0);
            }
            first = first.line(name, stages, accuracy);
        }
        lab.figure(first.axes("tasks trained so far", "accuracy").describedAs(
                "Accuracy on the first task after each stage: naive training loses it soonest; memories and penalties hold more of it; joint training all."));
        double naive = found.get("naive").averageAccuracy();
        if (!permuted) return;
        lab.shows("points that EWC gains on naive training", 100 * (found.get("EWC").averageAccuracy() - naive), atLeast(5));
        lab.shows("points that replay gains", 100 * (found.get("replay").averageAccuracy() - naive), atLeast(10));
        lab.shows("joint less replay", found.get("joint").averageAccuracy() - found.get("replay").averageAccuracy(), above(0));
    }
}
