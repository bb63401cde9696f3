package lyceum.labs.nn;

import static lyceum.labs.Bounds.exactly;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Frame;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.InputBatch;
import lyceum.nn.InputField;
import lyceum.nn.InputLayer;
import lyceum.plot.Figure;
import lyceum.random.Rng;

/** The record that a person reads, and the row of numbers that a network sees; then what a scaler refitted in service makes of it. */
@Lab(topics = "input-layer", title = "What a network really sees")
final class InputLayerLab implements LabBody {
    private static final String[] CITIES = {"Ghent", "Oslo", "Porto", "Turin"};

    @Override public void run(LabContext lab) {
        int people = lab.param("training records", 200, 20, 2000);
        double age = lab.param("age", 52.0, 0, 120);
        var city = lab.choice("city", "Ghent", "Ghent", "Oslo", "Porto", "Turin", "Atlantis");
        var income = lab.choice("income", "missing", "missing", "20000", "50000", "90000");

        var training = records(lab.rng(1), people);
        var layer = InputLayer.fit(List.of(InputField.numeric("age").withLow(0).withHigh(130),
                InputField.category("city").withUnknown(true), InputField.numeric("income").withIndicated(true)), InputBatch.of(training),
                lab.rng(2));
        var cells = new ArrayList<Double>();
        cells.add(income.equals("missing") ? null : Double.valueOf(income));
        var request = Frame.of(Column.of("age", age), Column.of("city", city), Column.ofValues("income", ColumnType.F64, cells));
        double[] row = layer.encode(request).features().toDoubleArray();
        lab.table("The record", List.of("age", "city", "income"), List.of(List.of(age, city, income)));
        lab.table("What the network sees", layer.columns(), List.of(Arrays.stream(row).boxed().toList()));

        var x = layer.encode(training).features();
        lab.figure(Figure
                .row("Before and after", Figure.histogram("Age in years", training.column("age").numbers()).axes("years", "records"),
                        Figure.histogram("Age as the network sees it", x.select(1, 0).toDoubleArray()).axes("deviations from the mean",
                                "records"))
                .describedAs("The same hump twice: scaling moves and stretches the axis and changes nothing else."));

        var refitted = InputLayer.fit(List.of(InputField.numeric("age")), InputBatch.of(request.select("age")), lab.rng(3));
        double alone = refitted.encode(request.select("age")).features().item(0, 0);
        lab.say("An age of %.0f becomes %.2f by the constants of the training set. A scaler that is fitted anew on this one request says %.2f, as it would for any other age.",
                age, row[0], alone);
        double[] among = layer.encode(request.append(training.head(10))).features().toRows()[0];
        lab.shows("what a refitted scaler makes of any single age", alone, exactly(0));
        lab.shows("numbers of the record that change among others", Arrays.mismatch(row, among) + 1, exactly(0));
        lab.shows("mean of the training ages", Math.abs(x.select(1, 0).mean().item()), below(1e-6));
    }

    private static Frame records(Rng rng, int n) {
        var ages = new double[n];
        var cities = new String[n];
        var incomes = new ArrayList<Double>();
        for (int i = 0; i < n; i++) {
            ages[i] = Math.clamp(40 + 12 * rng.nextGaussian(), 18, 90);
            cities[i] = CITIES[rng.nextInt(4)];
            incomes.add(rng.nextInt(6) == 0 ? null : 1000.0 * Math.round(35 * Math.exp(0.4 * rng.nextGaussian())));
        }
        return Frame.of(Column.of("age", ages), Column.categories("city", cities), Column.ofValues("income", ColumnType.F64, incomes));
    }
}
