package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Linear;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.train.CollapseDiagnostics;

/** The singular spectra of healthy and collapsed encoders, what the diagnosis says, and the spectra after the remedy. */
@Lab(topics = "representation-collapse", title = "Four encoders, one of them well")
final class RepresentationCollapseLab implements LabBody {
    @Override public void run(LabContext lab) {
        int rows = lab.param("rows", 400, 100, 2000);
        int steps = lab.param("steps of the remedy", 150, 10, 1000);
        var rng = lab.rng(1);
        var x = Tensor.randn(rng, DType.F64, rows, 32).compute();
        var spread = Tensor.randn(rng, DType.F64, 32, 32).mul(0.2);
        var faint = Tensor.randn(rng, DType.F64, 32, 32).mul(1e-3);
        var healthy = new Linear(spread, null);
        var complete = new Linear(faint, Tensor.ones(DType.F64, 32));
        var flat = new Linear(Tensor.randn(rng, DType.F64, 32, 3).matmul(Tensor.randn(rng, DType.F64, 3, 32)).mul(0.1).add(faint), null);
        var codebook = Tensor.randn(rng, DType.F64, 64, 32).compute();
        var codes = codebook.indexSelect(0, Tensor.randint(rng, 0, 2, rows)).add(Tensor.randn(rng, DType.F64, rows, 32).mul(0.01))
                .compute();
        var names = List.of("healthy", "constant", "three directions", "two codes");
        var before = List.of(CollapseDiagnostics.of(healthy.forward(x)), CollapseDiagnostics.of(complete.forward(x)),
                CollapseDiagnostics.of(flat.forward(x)), CollapseDiagnostics.of(codes, codebook));
        descend(complete, x, steps, z -> CollapseDiagnostics.variancePenalty(z, 1));
        descend(flat, x, steps, z -> CollapseDiagnostics.covariancePenalty(z).add(CollapseDiagnostics.variancePenalty(z, 1)));
        var data = healthy.forward(x).detach();
        var restarted = CollapseDiagnostics.restartDeadCodes(codebook.add(20), data, lab.rng(2));
        var after = List.of(before.getFirst(), CollapseDiagnostics.of(complete.forward(x)), CollapseDiagnostics.of(flat.forward(x)),
                CollapseDiagnostics.of(data, restarted));
        var table = new ArrayList<List<Object>>();
        var left = Figure.plot("Before");
        var right = Figure.plot("After the remedy");
        for (int i = 0; i < 4; i++) {
            left = left.line(names.get(i), 1, relative(before.get(i)));
            right = right.line(names.get(i), 1, relative(after.get(i)));
            table.add(List.of(names.get(i), before.get(i).kind(), before.get(i).effectiveRank(), before.get(i).meanCosine(),
                    before.get(i).kind().remedy(), after.get(i).kind()));
        }
        lab.figure(Figure.row("Singular values of centred embeddings, over rows", left.axes("number", "deviation").logY(),
                right.axes("number", "deviation").logY()).describedAs(
                        "Left: the healthy encoder's values are nearly flat; the constant one's are all small; three directions and two codes break off after three and one. Right: with the remedies all are alike."));
        lab.table("Diagnosis", List.of("encoder", "kind", "effective rank", "mean cosine", "remedy", "afterwards"), table);
        lab.say("The encoder of three directions goes from an effective rank of %.1f to %.1f.", before.get(2).effectiveRank(),
                after.get(2).effectiveRank());
        for (int i = 1; i < 4; i++)
            lab.shows(names.get(i) + " is not called healthy", before.get(i).kind() != CollapseDiagnostics.Kind.HEALTHY);
        lab.shows("effective rank of the flat encoder, after over before", after.get(2).effectiveRank() / before.get(2).effectiveRank(),
                atLeast(3));
    }

    private static double[] relative(CollapseDiagnostics report) {
        return Arrays.stream(report.spectrum()).map(s -> Math.max(1e-6, s)).toArray();
    }

    private static void descend(Linear encoder, Tensor x, int steps, UnaryOperator<Tensor> penalty) {
        var optimizer = new Adam(0.02).over(encoder.parameters());
        for (int i = 0; i < steps; i++) {
            optimizer.zeroGrad();
            penalty.apply(encoder.forward(x)).backward();
            optimizer.step();
        }
    }
}
