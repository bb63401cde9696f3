package lyceum.labs.data;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.Column;
import lyceum.data.Frame;
import lyceum.data.OneHotEncoder;
import lyceum.data.OneHotEncoder.Drop;
import lyceum.data.OneHotEncoder.Unknown;
import lyceum.data.OrdinalEncoder;
import lyceum.data.TargetEncoder;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.learn.linear.LinearRegression;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A line through arbitrary numbers against a mean for each category; and a code that gives the answer away. */
@Lab(topics = "one-hot-encoding", title = "Green is not halfway between red and blue")
final class OneHotLab implements LabBody {
    private static final String[] COLOURS = {"blue", "green", "ochre", "red", "white"};
    private static final double[] PRICE = {6, 1, 8, 2, 5};

    @Override public void run(LabContext lab) {
        int n = lab.param("rows", 150, 30, 1000), postcodes = lab.param("postcodes", 300, 10, 500);
        double noise = lab.param("noise", 0.6, 0.0, 3.0);
        var rng = lab.rng(0);
        var colours = new String[n];
        double[] price = new double[n], sum = new double[5], count = new double[5];
        var kind = new int[n];
        for (int i = 0; i < n; i++) {
            kind[i] = i < 5 ? i : rng.nextInt(5);
            colours[i] = COLOURS[kind[i]];
            price[i] = PRICE[kind[i]] + noise * rng.nextGaussian();
            sum[kind[i]] += price[i];
            count[kind[i]]++;
        }
        var frame = Frame.of(Column.of("colour", colours));
        var y = Tensor.of(price);

        var encoding = new OneHotEncoder().withUnknown(Unknown.IGNORE).fit(frame);
        var shown = Frame.of(Column.of("colour", "red", "green", "blue", "mauve"));
        double[][] full = encoding.transform(shown).toRows();
        var rows = new ArrayList<List<Object>>();
        for (int i = 0; i < 4; i++) {
            var row = new ArrayList<Object>(List.of(shown.column("colour").get(i)));
            for (double v : full[i]) row.add((int) v);
            rows.add(row);
        }
        var titles = new ArrayList<>(List.of("colour"));
        titles.addAll(encoding.names());
        lab.table("Before and after; mauve was never seen", titles, rows);

        Tensor codes = new OrdinalEncoder().fit(frame).transform(frame),
                indicators = new OneHotEncoder().withDrop(Drop.FIRST).fit(frame).transform(frame);
        var line = new LinearRegression().fit(codes, y);
        var free = new LinearRegression().fit(indicators, y).predict(indicators).toDoubleArray();
        double[] levels = new double[5], at = {0, 1, 2, 3, 4};
        double gap = 0;
        for (int i = 0; i < n; i++) {
            levels[kind[i]] = free[i];
            gap = Math.max(gap, Math.abs(free[i] - sum[kind[i]] / count[kind[i]]));
        }
        lab.figure(Figure.scatter("Prices by colour, the colours numbered by alphabet", codes.select(1, 0).toDoubleArray(), price)
                .named("rows").line("line through the numbers", 0, 4, x -> line.predict(Tensor.of(new double[][] {{x}})).item(0))
                .points("fit on indicators", at, levels).axes("code: blue, green, ochre, red, white", "price").describedAs(
                        "The line misses nearly every colour, since their alphabetical order means nothing; the indicators find each colour's mean."));
        double withLine = line.predict(codes).sub(y).square().mean().item(), withMeans = Tensor.of(free).sub(y).square().mean().item();
        lab.say("Mean squared error: %.3f with one number a colour, %.3f with one column a colour.", withLine, withMeans);
        lab.shows("largest distance of the fit from its group's mean", gap, below(1e-10));
        lab.shows("what the line errs more", withLine - withMeans, above(0));

        int many = 2000;
        var codesOf = new long[many];
        var coin = new double[many];
        for (int i = 0; i < many; i++) {
            codesOf[i] = rng.nextInt(postcodes);
            coin[i] = rng.nextGaussian();
        }
        var places = Frame.of(Column.of("postcode", codesOf));
        var noiseY = Tensor.of(coin);
        var encoder = new TargetEncoder().withSmoothing(0);
        double leak = explained(encoder.fit(places, noiseY).transform(places), noiseY),
                honest = explained(encoder.fitTransform(places, noiseY, lab.rng(1)), noiseY);
        lab.say("A target of pure noise: codes that hold the row's own target explain %.1f%% of it, out-of-fold codes %.2f%%.", 100 * leak,
                100 * honest);
        lab.shows("R2 of codes with their own label", leak, atLeast(postcodes / 4000.0));
        lab.shows("R2 of out-of-fold codes", honest, atMost(0.02));
    }

    private static double explained(Tensor x, Tensor y) { return new LinearRegression().fit(x, y).score(x, y); }
}
