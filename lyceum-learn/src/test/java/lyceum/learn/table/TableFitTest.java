package lyceum.learn.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import lyceum.DType;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Datasets;
import lyceum.data.Frame;
import lyceum.learn.selection.Scorer;
import lyceum.random.Rng;
import lyceum.stats.learner.Model;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableFitTest {
    private static final Frame SHOP = shop(300);

    /** Who buys hangs on age and town; the invoice is written afterwards; a row number, a constant, a note and holes are there, too. */
    private static Frame shop(int n) {
        var rng = Rng.of(7);
        var number = new long[n];
        double[] age = new double[n], invoice = new double[n], noise = new double[n];
        String[] town = new String[n], note = new String[n], bought = new String[n];
        var since = new LocalDate[n];
        for (int i = 0; i < n; i++) {
            number[i] = 1000 + i;
            age[i] = 20 + 50 * rng.nextDouble();
            int place = rng.nextInt(3);
            town[i] = new String[] {"Graz", "Linz", "Wien"}[place];
            noise[i] = rng.nextGaussian();
            boolean buys = 0.12 * (age[i] - 45) + (place == 2 ? 1.5 : -1) + 0.7 * rng.nextGaussian() > 0;
            bought[i] = buys ? "yes" : "no";
            invoice[i] = buys ? 10 + rng.nextDouble() : 0;
            note[i] = "note " + i;
            since[i] = LocalDate.of(2020, 1, 1).plusDays(rng.nextInt(1000));
            if (i % 17 == 0) age[i] = Double.NaN;
        }
        return Frame.of(Column.of("number", number), Column.of("age", age), Column.categories("town", town), Column.of("noise", noise),
                Column.of("invoice", invoice), Column.of("note", note), Column.of("always", new double[n]), Column.dates("since", since),
                Column.of("years", age), Column.categories("bought", bought));
    }

    @Test void columnsAreTakenForWhatTheyAreWithReasons() {
        var profile = TableProfile.of(SHOP, "bought", java.util.Set.of());
        assertThat(profile.columns()).extracting(c -> c.name() + ": " + c.kind() + ", " + c.reason()).containsExactly(
                "number: LEFT_OUT, numbers the rows", "age: NUMBER, numbers", "town: CATEGORY, 3 different texts", "noise: NUMBER, numbers",
                "invoice: NUMBER, numbers", "note: LEFT_OUT, 300 different texts in 300 rows", "always: LEFT_OUT, has one value, 0.0",
                "since: DATE, days", "years: LEFT_OUT, repeats age");
    }

    @Test void aPlantedLeakIsNamedAndTheHonestModelBeatsTheBaseline() {
        var leaky = new TableFit().withModels("linear").fit(SHOP, "bought");
        assertThat(leaky.suspects()).containsExactly("invoice");
        assertThat(leaky.summary()).contains("LEAK? invoice tells bought nearly alone");
        var study = new TableFit().withModels("linear", "gbdt").withDropped("invoice").fit(SHOP, "bought");
        assertThat(study.suspects()).isEmpty();
        assertThat(study.leadOver(TableStudy.BASELINE).low()).isPositive();
        assertThat(study.importances()).extracting(TableStudy.Importance::column).startsWith("age").containsOnlyOnce("town", "noise");
        assertThat(study.testScores().get(Scorer.ACCURACY.name())).isGreaterThan(0.75);
        assertThat(study.entries()).extracting(TableStudy.Entry::name).last().isEqualTo("baseline");
        assertThat(study.summary()).contains("better beyond luck").contains("left out: number, numbers the rows");
        assertThat(study.figures()).hasSize(4);
    }

    /** Each text alone has an area of 0.75: four states of which two are the answer, and in three classes six. */
    @Test void aLeakThatIsSpreadOverTextsIsNamed() {
        var rng = Rng.of(4);
        for (int kinds = 2; kinds <= 3; kinds++) {
            String[] state = new String[240], what = new String[240];
            for (int i = 0; i < 240; i++) {
                int s = rng.nextInt(2 * kinds);
                state[i] = "state " + s;
                what[i] = "kind " + s % kinds;
            }
            var study = new TableFit().withModels("linear").fit(Frame.of(Column.of("x", Tensor.randn(rng, DType.F64, 240)),
                    Column.categories("state", state), Column.categories("what", what)), "what");
            assertThat(study.suspects()).containsExactly("state");
        }
    }

    /** Very many rows are alike: no pair of them is told. */
    @Test void manyRowsOfFewValuesAreNoTrouble() {
        int n = 6_000;
        var rng = Rng.of(5);
        boolean[] owner = new boolean[n], left = new boolean[n];
        String[] town = new String[n];
        for (int i = 0; i < n; i++) {
            owner[i] = rng.nextInt(2) == 0;
            town[i] = "town " + rng.nextInt(3);
            left[i] = rng.nextDouble() < (owner[i] ? 0.2 : 0.6);
        }
        var study = new TableFit().withModels("linear").withFolds(2)
                .fit(Frame.of(Column.of("owner", owner), Column.categories("town", town), Column.of("left", left)), "left");
        assertThat(study.suspects()).isEmpty();
        assertThat(study.findings()).isEmpty();
        assertThat(study.importances().getFirst().column()).isEqualTo("owner");
    }

    @Test void aModelIsOneFileAndTakesFramesWithHolesNewTextsAndOtherOrder(@TempDir Path folder) {
        var model = new TableFit().withModels("gbdt").withDropped("invoice").fit(SHOP, "bought").model();
        var file = folder.resolve("model.safetensors");
        model.save(file);
        var again = Model.load(file, TableModel.class);
        var rows = SHOP.head(40);
        assertThat(again.outputs(rows).toDoubleArray()).isEqualTo(model.outputs(rows).toDoubleArray());
        assertThat(again.about()).containsKeys("made", "rows", "model", "settings", "test");
        var other = Frame.of(Column.categories("town", "Rom", "Wien"), Column.of("age", Double.NaN, 60), Column.of("noise", 0.0, 0),
                Column.ofValues("since", ColumnType.DATE, Arrays.asList(null, LocalDate.of(2021, 5, 5))));
        var said = again.predict(other);
        assertThat(said.names()).containsExactly("prediction", "P(no)", "P(yes)");
        assertThat(said.column("prediction").get(1)).isEqualTo("yes");
        assertThat(said.column("P(no)").numbers()[0] + said.column("P(yes)").numbers()[0]).isCloseTo(1, within(1e-12));
        assertThat(again.encoder().unknown(other)).containsEntry("town", 1);
        assertThatThrownBy(() -> again.predict(Frame.of(Column.of("age", 3.0)))).hasMessageContaining("lacks town, noise, since");
        assertThatThrownBy(() -> again.predict(other.with(Column.of("town", 1.0, 2.0))))
                .hasMessageContaining("town is F64; it was CATEGORY");
    }

    @Test void anExplanationIsCompleteAndOfTheColumnsThatMatter() {
        var model = new TableFit().withModels("linear").withDropped("invoice").fit(SHOP, "bought").model();
        var row = SHOP.filter(r -> r.get("town").equals("Wien")).rows(3);
        var why = model.explain(row);
        assertThat(why.missing()).isCloseTo(0, within(1e-9));
        double[] outputs = model.outputs(row).toDoubleArray();
        assertThat(why.output()).isCloseTo(Math.max(outputs[0], outputs[1]), within(1e-12));
        assertThat(why.shares()).hasSize(model.columns().size());
        assertThat(Math.abs(why.shares()[model.columns().indexOf("noise")]))
                .isLessThan(Math.abs(why.shares()[model.columns().indexOf("town")]));
        assertThatThrownBy(() -> model.explain(SHOP.head(2))).hasMessageContaining("2 rows; one at a time");
    }

    @Test void numbersArePredictedAndASearchIsNoWorseThanTheUsualSettings() {
        var diabetes = Frame.of(Datasets.diabetes());
        var study = new TableFit().withSearch(4).withModels("linear").fit(diabetes, "y");
        assertThat(study.task()).isEqualTo(TableTask.REGRESSION);
        assertThat(study.testScores().get("r2")).isGreaterThan(0.3);
        assertThat(study.entry("linear").settings()).contains("penalty");
        assertThat(study.figures()).hasSize(3);
        assertThat(study.model().predict(diabetes).names()).containsExactly("prediction");
    }

    @Test void severalClassesAndFewRowsDo() {
        var study = new TableFit().withModels("linear").fit(Frame.of(Datasets.iris()), "y");
        assertThat(study.classes()).hasSize(3);
        assertThat(study.testScores().get("accuracy")).isGreaterThan(0.85);
        var ten = new TableFit().withModels("linear").withFolds(2).fit(shop(300).head(40), "bought");
        assertThat(ten.rows()).isEqualTo(40);
    }

    @Test void theTaskIsReadFromTheTarget() {
        assertThat(TableTask.of(Column.of("y", 1L, 2, 1, 2, 1, 2, 1, 2, 1, 2))).isEqualTo(TableTask.CLASSIFICATION);
        assertThat(TableTask.of(Column.of("y", 1L, 2, 3, 4, 5, 6, 7, 8, 9, 10))).isEqualTo(TableTask.REGRESSION);
        assertThat(TableTask.of(Column.of("y", true, false))).isEqualTo(TableTask.CLASSIFICATION);
        assertThat(TableTask.of(Column.of("y", 1.5, 2))).isEqualTo(TableTask.REGRESSION);
    }

    @Test void rowsWithoutAnAnswerAreLeftOutAndOthersNamed() {
        var rng = Rng.of(1);
        double[] x = Tensor.randn(rng, DType.F64, 40).toDoubleArray(), y = x.clone();
        for (int i = 0; i < 10; i++) y[3 * i] = Double.NaN;
        assertThat(new TableFit().withModels("linear", "linear").fit(Frame.of(Column.of("x", x), Column.of("z", y)), "z").entries())
                .hasSize(2);
        assertThat(new TableFit().withModels("linear").fit(Frame.of(Column.of("x", x), Column.of("z", y)), "z").rows()).isEqualTo(30);
        y[1] = Double.POSITIVE_INFINITY;
        assertThatThrownBy(() -> new TableFit().fit(Frame.of(Column.of("x", x), Column.of("z", y)), "z"))
                .hasMessageContaining("a z is Infinity");
        assertThatThrownBy(() -> new TableFit().fit(SHOP, "since")).hasMessageContaining("since is of type DATE");
    }

    /** Of very many columns those are judged that go with what the model says: the one that matters is among them. */
    @Test void ofManyColumnsTheOnesThatMatterAreJudged() {
        int n = 120, p = 230;
        var rng = Rng.of(8);
        var columns = new ArrayList<Column>();
        var y = new double[n];
        for (int j = 0; j < p; j++) {
            var values = new double[n];
            for (int i = 0; i < n; i++) values[i] = rng.nextGaussian();
            columns.add(Column.of("c" + j, values));
            if (j == 217) for (int i = 0; i < n; i++) y[i] = 5 * values[i] + rng.nextGaussian();
        }
        columns.add(Column.of("y", y));
        var study = new TableFit().withModels("gbdt").fit(Frame.of(columns), "y");
        assertThat(study.importances()).hasSize(200);
        assertThat(study.importances().getFirst().column()).isEqualTo("c217");
    }

    @Test void aStudyThatFoundNothingSaysSo() {
        var rng = Rng.of(1);
        var bought = new String[60];
        for (int i = 0; i < 60; i++) bought[i] = i % 2 == 0 ? "yes" : "no";
        var table = Frame.of(Column.of("x", Tensor.randn(rng, DType.F64, 60)), Column.of("z", Tensor.randn(rng, DType.F64, 60)),
                Column.categories("bought", bought));
        var study = new TableFit().withModels("linear").fit(table, "bought");
        assertThat(study.leadOver(TableStudy.BASELINE).low()).isNegative();
        assertThat(study.summary()).contains("may be luck").contains("no model is better than the baseline").doesNotContain("flatters");
        assertThat(new TableFit().withModels("linear").withSearch(2).fit(table, "bought").summary())
                .contains("chosen on the same folds, which flatters");
    }

    @Test void whatCannotBeFittedIsSaid() {
        assertThatThrownBy(() -> new TableFit().fit(SHOP, "price")).hasMessageContaining("price");
        assertThatThrownBy(() -> new TableFit().fit(SHOP, "always")).hasMessageContaining("every row has the same always");
        assertThatThrownBy(() -> new TableFit().fit(SHOP.head(5), "bought")).hasMessageContaining("5 rows have a bought; at least 10");
        assertThatThrownBy(() -> new TableFit().withModels("svm")).hasMessageContaining("no model 'svm'");
        assertThatThrownBy(() -> new TableFit().withDropped("nothing").fit(SHOP, "bought")).hasMessageContaining("nothing");
        assertThatThrownBy(() -> new TableFit().withTask(TableTask.REGRESSION).fit(SHOP, "bought")).hasMessageContaining("is text");
        assertThatThrownBy(() -> new TableFit().withFolds(1)).hasMessageContaining("1 folds");
        assertThatThrownBy(() -> new TableFit().fit(SHOP.select("number", "always", "bought"), "bought"))
                .hasMessageContaining("no column is of use");
    }

    /** A customer's number tells the answer where rows of one customer stand on both sides, and nothing of the next customer. */
    @Test void groupsStayOnOneSide() {
        var rng = Rng.of(11);
        int customers = 60, each = 20;
        double[] code = new double[customers * each], noise = code.clone();
        var who = new String[code.length];
        var answer = new String[code.length];
        for (int i = 0; i < code.length; i++) {
            int customer = i / each;
            code[i] = Rng.of(customer).nextDouble();
            noise[i] = rng.nextGaussian();
            who[i] = "c" + customer;
            answer[i] = Rng.of(1000 + customer).nextInt(2) == 0 ? "no" : "yes";
        }
        var table = Frame.of(Column.of("code", code), Column.of("noise", noise), Column.categories("who", who),
                Column.categories("answer", answer));
        var blind = new TableFit().withModels("gbdt").withDropped("who").fit(table, "answer");
        var grouped = new TableFit().withModels("gbdt").withGroup("who").fit(table, "answer");
        assertThat(blind.testScores().get("accuracy")).isGreaterThan(0.9);
        assertThat(grouped.testScores().get("accuracy")).isLessThan(0.75);
        assertThat(grouped.leadOver(TableStudy.BASELINE).low()).isNotPositive();
        assertThat(grouped.model().columns()).containsExactly("code", "noise");
    }

    /** The sign of x turns in the last fifth: what comes later is judged, and not what lies between. */
    @Test void theLatestRowsArePutAside() {
        var rng = Rng.of(12);
        int n = 300;
        double[] x = new double[n], y = new double[n];
        var day = new LocalDate[n];
        int[] order = rng.permutation(n);
        for (int i = 0; i < n; i++) {
            x[i] = rng.nextGaussian();
            y[i] = (order[i] < 240 ? 1 : -1) * x[i] + 0.1 * rng.nextGaussian();
            day[i] = LocalDate.of(2024, 1, 1).plusDays(order[i]);
        }
        var table = Frame.of(Column.of("x", x), Column.dates("day", day), Column.of("y", y));
        var study = new TableFit().withModels("linear").withTime("day").fit(table, "y");
        assertThat(study.testRows()).isEqualTo(60);
        assertThat(study.testScores().get("r2")).isLessThan(-1);
        assertThat(study.entry("linear").result().mean(Scorer.R2)).isGreaterThan(0.9);
        assertThat(study.model().columns()).containsExactly("x");
        assertThatThrownBy(() -> new TableFit().withTime("day").withGroup("x")).hasMessageContaining("one of both");
        assertThatThrownBy(() -> new TableFit().withTime("y").fit(table, "y")).hasMessageContaining("cannot be split by it");
    }
}
