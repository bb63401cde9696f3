package lyceum.labs.models;

import static lyceum.labs.Bounds.atLeast;

import java.util.Arrays;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.ssl.DistributedConfig;
import lyceum.models.ssl.DistributedRepresentation;
import lyceum.models.ssl.FamilyTrees;
import lyceum.models.ssl.LinearReadout;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Twenty-four people pass through six units: what these come to mean, and what it is good for. */
@Lab(topics = "distributed-representation", title = "Six units for two families")
final class FamilyTreesLab implements LabBody {
    @Override public void run(LabContext lab) {
        int code = lab.param("units of a code", 6, 1, 12), steps = lab.param("steps", 400, 50, 3000),
                held = lab.param("questions held out", 4, 1, 30), seed = lab.param("seed", 2, 0, 100);
        double decay = lab.param("weight decay", 0.8, 0.0, 2.0);
        var all = FamilyTrees.queries();
        var shuffled = Arrays.stream(lab.rng(10 + seed).permutation(all.size())).mapToObj(all::get).toList();
        var asked = shuffled.subList(0, held);
        var told = shuffled.subList(held, all.size());

        var net = new DistributedRepresentation(new DistributedConfig().withCode(code).withSteps(steps).withDecay(decay), lab.rng(1));
        net.fit(told, lab.rng(2), lab.progress());
        var table = FamilyTrees.localTable(lab.rng(3));
        new Trainer(new AdamW(0.1), 30).withBatchSize(told.size()).fit(table, Loss::crossEntropy, FamilyTrees.dataset(told), lab.rng(4));

        Tensor codes = net.personCodes(), local = DistributedRepresentation.localPatterns(24);
        lab.figure(Figure.heatmap("What each unit takes from each person", net.personWeights()).diverging()
                .axes("person: 12 English, then their Italian counterparts", "unit").describedAs(
                        "Weights from the 24 persons into the units of the code, one row a unit: a row whose left and right halves differ in sign tells the nations apart, others tell generations and branches."));
        int nation = 0;
        for (int unit = 1; unit < code; unit++) if (split(codes, unit) > split(codes, nation)) nation = unit;
        double[] unit = codes.select(1, nation).toDoubleArray();
        lab.figure(Figure.bar("Unit " + nation, FamilyTrees.PEOPLE.toArray(String[]::new), unit).axes("person", "activity")
                .describedAs("The activity of the unit that differs most between the nations, for all 24 persons."));

        int[] ablated = net.ablation(told);
        int right = FamilyTrees.right(net, told), answered = FamilyTrees.right(net, asked), guessed = FamilyTrees.right(table, asked);
        lab.table("Two ways to stand for a person", List.of("measure", "distributed code", "local code"), List.of(
                List.of("units", code, 24), List.of("questions told, answered", right, FamilyTrees.right(table, told)),
                List.of("questions held out, answered", answered, guessed),
                List.of("participation ratio", DistributedRepresentation.participationRatio(codes),
                        DistributedRepresentation.participationRatio(local)),
                List.of("nationality from the other 23", LinearReadout.of(codes).leaveOneOutAccuracy(FamilyTrees.nationality()),
                        LinearReadout.of(local).leaveOneOutAccuracy(FamilyTrees.nationality())),
                List.of("generation from the other 23", LinearReadout.of(codes).leaveOneOutAccuracy(FamilyTrees.generation()),
                        LinearReadout.of(local).leaveOneOutAccuracy(FamilyTrees.generation())),
                List.of("answered without the most needed unit", Arrays.stream(ablated).min().orElseThrow(), "all but its person's")));
        lab.say("Of %d questions never told it answers %d, the table of local codes %d. Unit %d differs most between the nations.", held,
                answered, guessed, nation);
        lab.shows("share of the told questions answered", (double) right / told.size(),
                atLeast(code < 5 || steps < 300 || decay > 1 ? 0.04 : 0.8));
        lab.shows("held-out questions answered beyond the table", answered - guessed,
                atLeast(code < 5 || steps < 300 || held < 3 ? -held : 0));
    }

    /** How far apart the nations' means lie, in deviations of all. */
    private static double split(Tensor codes, int unit) {
        Tensor x = codes.select(1, unit);
        double deviation = x.std(0, 0, false).item();
        return deviation == 0 ? 0 : Math.abs(x.narrow(0, 0, 12).mean().item() - x.narrow(0, 12, 12).mean().item()) / deviation;
    }
}
