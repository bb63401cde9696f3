package lyceum.labs.learn;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.Worst;
import lyceum.learn.linear.CoordinateDescent;
import lyceum.learn.linear.Lasso;
import lyceum.learn.linear.LassoCv;
import lyceum.learn.linear.LassoLars;
import lyceum.learn.linear.LassoModel;
import lyceum.tensor.Tensor;

/** Features enter one by one as the penalty weakens; cross-validation says where to stop. */
@Lab(topics = "lasso", title = "One by one through the door")
final class LassoLab implements LabBody {

    @Override public void run(LabContext lab) {
        int folds = lab.param("folds", 10, 3, 20);
        int strengths = lab.param("strengths", 60, 10, 200);
        var data = Datasets.diabetes();
        Tensor x = data.x(), y = data.y();
        var names = data.featureNames();

        var path = new Lasso(1).path(x, y, null, strengths, 1e-3);
        lab.figure(path.figure(names));
        var order = new ArrayList<List<Object>>();
        var lars = new LassoLars(0).path(x, y, null);
        var seen = new ArrayList<Integer>();
        for (int k = 1; k < lars.alphas().count(); k++) {
            for (int j = 0; j < names.size(); j++) {
                if (seen.contains(j) || lars.coefficients().item(k, j) == 0) continue;
                seen.add(j);
                order.add(List.of(seen.size(), names.get(j), lars.alphas().item(k - 1)));
            }
        }
        lab.table("Who enters when (exact knots, by least angle regression)", List.of("place", "feature", "alpha at the door"), order);

        var chosen = new LassoCv().withFolds(folds).withAlphas(strengths, 1e-3).withSeed(lab.seed()).fit(x, y);
        lab.figure(chosen.figure());
        var sparse = new Lasso(chosen.oneStandardErrorAlpha()).fit(x, y);
        lab.say("The least error keeps %d of 10 features; within one standard error of it %d suffice: %s.", chosen.support().length,
                sparse.support().length, String.join(", ", Arrays.stream(sparse.support()).mapToObj(names::get).toList()));

        double top = path.alphas().item(0);
        Worst kkt = new Worst(), knots = new Worst();
        for (int i = 0; i < strengths; i += 5) kkt.see(violation(x, y, path.model(i)));
        for (int k = 0; k + 1 < lars.alphas().count(); k++) {
            double alpha = (lars.alphas().item(k) + lars.alphas().item(k + 1)) / 2;
            var descended = new Lasso(alpha, new CoordinateDescent()).fit(x, y).coefficients();
            knots.see(lars.model(alpha).coefficients(), descended);
        }
        lab.shows("largest violation of the optimality conditions", kkt.value(), below(1e-7));
        lab.shows("features in at alpha_max", new Lasso(top).fit(x, y).support().length, exactly(0));
        lab.shows("features in just below it", new Lasso(top * (1 - 1e-6)).fit(x, y).support().length, exactly(1));
        lab.shows("coordinate descent against the exact path between its knots", knots.value(), below(1e-6));
    }

    /** Active features have correlation alpha with the residual, silent ones less. */
    private static double violation(Tensor x, Tensor y, LassoModel model) {
        Tensor g = x.transpose().matmul(y.sub(model.predict(x))).div(y.size(0)), b = model.coefficients();
        return Tensor.where(b.ne(0), g.sub(b.sign().mul(model.alpha())).abs(), g.abs().sub(model.alpha())).max().item();
    }
}
