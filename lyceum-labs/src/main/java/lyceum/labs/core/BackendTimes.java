package lyceum.labs.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.backend.Backend;
import lyceum.backend.Profile;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One small network on every back end, by the clock. */
final class BackendTimes {
    private static final String[] NAMES = {"scalar", "vector", "x86", "simt"};

    private BackendTimes() {}

    /** Shows milliseconds by operator, and draws their sums; what this machine lacks is said. */
    static void show(LabContext lab) {
        var network = new Mlp(MlpConfig.classifier(64, 10, 96, 96), lab.rng(7));
        var x = Tensor.randn(lab.rng(9), 16, 64).compute();
        var times = new LinkedHashMap<String, double[]>();
        var sums = new double[NAMES.length];
        for (int i : lab.progress("back ends", NAMES.length)) {
            try {
                var backend = Backend.named(NAMES[i]);
                sums[i] = Double.POSITIVE_INFINITY;
                for (int run = 0; run < (NAMES[i].equals("simt") ? 1 : 80); run++) { // the best, since the first ones are not compiled yet
                    var profile = Profile.start();
                    Backend.with(backend, () -> network.forward(x).compute());
                    profile.close();
                    double sum = profile.rows().stream().mapToDouble(Profile.Row::seconds).sum() * 1e3;
                    if (sum >= sums[i]) continue;
                    sums[i] = sum;
                    for (var row : profile.rows()) times.computeIfAbsent(row.operation(), o -> new double[NAMES.length])[i] = 0;
                    for (var row : profile.rows()) times.get(row.operation())[i] += row.seconds() * 1e3;
                }
            } catch (IllegalArgumentException notHere) {
                lab.say("%s", notHere.getMessage());
                sums[i] = Double.NaN;
            }
        }
        var rows = new ArrayList<List<?>>();
        times.forEach((operator, ms) -> rows.add(List.of(operator, ms[0], ms[1], ms[2], ms[3])));
        lab.table("The same small network on each back end, by the clock [ms]", List.of("operator", "scalar", "vector", "x86", "simt"),
                rows);
        lab.figure(Figure.bar("The same small network on each back end", NAMES, sums).axes("back end", "time in kernels [ms]").logY()
                .describedAs(
                        "Machine code is fastest; the interpreter of a card takes hundreds of times as long, since it is there to be looked into."));
    }
}
