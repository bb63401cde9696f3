package lyceum.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {

    @Test void measuredDataHaveTheirKnownShapesAndClassCounts() {
        assertThat(Datasets.iris().classCounts()).containsExactly(50, 50, 50);
        assertThat(Datasets.wine().classCounts()).containsExactly(59, 71, 48);
        assertThat(Datasets.breastCancer().classCounts()).containsExactly(212, 357);
        assertThat(Datasets.digits().x().shape().toArray()).containsExactly(1797, 64);
        assertThat(Datasets.digits().classCounts()).containsExactly(178, 182, 177, 183, 181, 182, 181, 179, 174, 180);
        assertThat(Datasets.diabetes().x().shape().toArray()).containsExactly(442, 10);
        assertThat(Datasets.iris().featureNames()).containsExactly("sepal_length", "sepal_width", "petal_length", "petal_width");
    }

    @Test void smallTablesAreThoseOfTheirPapers() {
        var tennis = Datasets.tennis();
        assertThat(tennis.classCounts()).containsExactly(5, 9);
        assertThat(tennis.x().rows(13).toDoubleArray()).containsExactly(2, 1, 0, 1);
        assertThat(tennis.featureNames()).containsExactly("outlook", "temperature", "humidity", "wind");
        var longley = Datasets.longley();
        assertThat(longley.x().shape().toArray()).containsExactly(16, 6);
        assertThat(longley.x().rows(15).toDoubleArray()).containsExactly(116.9, 554894, 4007, 2827, 130081, 1962);
        assertThat(longley.y().mean().item()).isEqualTo(65317);
    }

    @Test void standardisedFeaturesHaveMeanZeroAndDeviationOne() {
        var wine = Datasets.wine().standardised().x();
        assertThat(wine.mean(0).abs().max().item()).isLessThan(1e-12);
        assertThat(wine.square().mean(0).sub(1).abs().max().item()).isLessThan(1e-12);
        var x = Tensor.of(new double[][] {{1, 7}, {3, 7}});
        assertThat(Dataset.of(x, Tensor.of(0L, 1)).standardised().x().toDoubleArray()).containsExactly(-1, 0, 1, 0);
    }

    @Test void scalingKeepsTheType() {
        var pixels = Datasets.digits().to(DType.F32).scaled(1.0 / 16).x();
        assertThat(pixels.dtype()).isEqualTo(DType.F32);
        assertThat(pixels.max().item()).isEqualTo(1);
    }

    @Test void irisHasFishersRowsNotTheFaultyOnes() {
        var iris = Datasets.iris();
        assertThat(iris.x().rows(34).toDoubleArray()).containsExactly(4.9, 3.1, 1.5, 0.2);
        assertThat(iris.x().rows(37).toDoubleArray()).containsExactly(4.9, 3.6, 1.4, 0.1);
    }

    @Test void diabetesColumnsAreCentredWithSquaresThatSumToOne() {
        var x = Datasets.diabetes().x();
        assertThat(x.sum(0).abs().max().item()).isLessThan(1e-12);
        assertThat(x.square().sum(0).sub(1).abs().max().item()).isLessThan(1e-12);
        assertThat(Datasets.diabetes().y().mean().item()).isCloseTo(152.13348416289594, Offset.offset(1e-10));
    }

    @Test void brownHasItsGenresAndCounts() {
        var brown = Datasets.brownWords();
        assertThat(brown.size()).isEqualTo(500);
        assertThat(brown.features()).isEqualTo(2000);
        assertThat(brown.classNames()).hasSize(15);
        assertThat(IntStream.of(brown.labels()).filter(g -> g == 0).count()).isEqualTo(44);
        assertThat(brown.csr().entries()).isEqualTo(brown.counts().length);
        assertThat(brown.csr().toDense().toDoubleArray()).isEqualTo(brown.dense(DType.F64).toDoubleArray());
        assertThat((double) brown.count(0, "jury")).isEqualTo(brown.csr().toDense().item(0, brown.vocabulary().indexOf("jury")));
    }

    @Test void spamAssassinHasItsCountsInBothForms() {
        var spam = Datasets.spamAssassin();
        assertThat(spam.size()).isEqualTo(6046);
        assertThat(spam.features()).isEqualTo(4000);
        assertThat(spam.counts()).hasSize(674462);
        assertThat(spam.y().sum().item()).isEqualTo(1896);
        var common = spam.commonest(50);
        var some = common.rows(5, 6000, 5);
        var dense = some.dense(DType.F64);
        assertThat(dense.shape().toArray()).containsExactly(3, 50);
        assertThat(dense.item(0, 7)).isEqualTo(spam.count(5, common.vocabulary().get(7)));
        assertThat(dense.rows(0).toDoubleArray()).containsExactly(dense.rows(2).toDoubleArray());
        assertThat(some.dataset().classNames()).containsExactly("ham", "spam");
    }

    @Test void fashionMnistSaysHowToInstallItWhereItIsAbsent(@TempDir Path empty) {
        assertThatThrownBy(() -> Datasets.fashionMnist(empty)).isInstanceOf(LyceumException.class)
                .hasMessageContaining("apt-get install dataset-fashion-mnist");
    }

    @Test void fashionMnistHasSixThousandTrainingPicturesAClass() {
        Assumptions.assumeTrue(Datasets.hasFashionMnist(), "dataset-fashion-mnist is not installed");
        var fashion = Datasets.fashionMnist();
        assertThat(fashion.train().x().shape().toArray()).containsExactly(60000, 28, 28);
        assertThat(fashion.train().classCounts()).containsOnly(6000);
        assertThat(fashion.test().flat().features()).isEqualTo(784);
    }

    @Test void idxRefusesWhatItsHeaderDoesNotPromise(@TempDir Path folder) throws Exception {
        var good = ByteBuffer.allocate(18).putInt(0x803).putInt(1).putInt(2).putInt(3).array();
        good = Arrays.copyOf(good, 22);
        assertThat(Idx.read(good).shape().toArray()).containsExactly(1, 2, 3);
        var file = Files.write(folder.resolve("x"), good);
        assertThat(Idx.read(file).dtype()).isEqualTo(DType.U8);
        var cut = Arrays.copyOf(good, 20);
        assertThatThrownBy(() -> Idx.read(cut)).isInstanceOf(FormatException.class).hasMessageContaining("ends 2 bytes early, at byte 20");
        var huge = ByteBuffer.allocate(16).putInt(0x803).putInt(Integer.MAX_VALUE).putInt(Integer.MAX_VALUE).putInt(9).array();
        assertThatThrownBy(() -> Idx.read(huge)).isInstanceOf(FormatException.class).hasMessageContaining("more than the file can hold");
    }

    @Test void generatorsRepeatWithTheirSeedAndBalanceTheirClasses() {
        assertThat(Datasets.moons(Rng.of(3), 101, 0.1).x().toDoubleArray())
                .containsExactly(Datasets.moons(Rng.of(3), 101, 0.1).x().toDoubleArray());
        assertThat(Datasets.moons(Rng.of(3), 101, 0.1).classCounts()).containsExactly(50, 51);
        var roll = Datasets.swissRoll(Rng.of(3), 50, 0);
        Tensor t = roll.y();
        assertThat(roll.x().select(1, 0).square().add(roll.x().select(1, 2).square()).sqrt().sub(t).abs().max().item()).isLessThan(1e-12);
        assertThat(Datasets.blobs(Rng.of(1), 100, 3, 2, 1).classCounts()).containsExactly(34, 33, 33);
        assertThat(Datasets.classification(Rng.of(1), 90, 20, 4, 3, 3, 2, 0).classCounts()).containsExactly(30, 30, 30);
        assertThat(Datasets.spirals(Rng.of(1), 60, 1.5, 0).classCounts()).containsExactly(30, 30);
    }

    @Test void circlesWithoutNoiseLieOnTheirRadii() {
        var circles = Datasets.circles(Rng.of(1), 40, 0.5, 0);
        var radius = circles.x().square().sum(1).sqrt();
        assertThat(radius.add(circles.y().mul(0.5)).sub(1).abs().max().item()).isLessThan(1e-12);
    }

    @Test void linearWithoutNoiseIsExactlyLinear() {
        var data = Datasets.linear(Rng.of(2), 50, new double[] {2, -1, 0}, 3, 0);
        var y = data.x().matmul(Tensor.of(2.0, -1.0, 0.0)).add(3);
        assertThat(y.sub(data.y()).abs().max().item()).isLessThan(1e-12);
    }

    @Test void generatorsRefuseArgumentsWithASentence() {
        assertThatThrownBy(() -> Datasets.circles(Rng.of(1), 10, 1.5, 0)).hasMessage("circles: factor is 1.5; it lies between 0 and 1");
        assertThatThrownBy(() -> Datasets.regression(Rng.of(1), 10, 3, 4, 0)).hasMessage("regression: 4 informative of 3 features");
        assertThatThrownBy(() -> Datasets.classification(Rng.of(1), 90, 20, 1, 3, 3, 2, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void datasetsSelectRowsColumnsAndClasses() {
        var iris = Datasets.iris();
        var petals = iris.select("petal_width", "petal_length");
        assertThat(petals.x().item(0, 1)).isEqualTo(1.4);
        assertThatThrownBy(() -> iris.select("petal")).hasMessageContaining("there are sepal_length");
        var two = iris.onlyClasses(2, 0);
        assertThat(two.size()).isEqualTo(100);
        assertThat(two.classNames()).containsExactly("virginica", "setosa");
        assertThat(two.labels()[0]).isEqualTo(1);
        assertThat(iris.rows(149, 0).labels()).containsExactly(2, 0);
        assertThat(iris.range(50, 60).labels()).containsOnly(1);
        assertThat(iris.shuffled(Rng.of(1)).classCounts()).containsExactly(50, 50, 50);
        assertThat(iris.toString()).isEqualTo("Dataset[x F64(150, 4), 3 classes: Fisher's iris flowers (1936)]");
    }

    @Test void datasetsRefusePartsThatDoNotFit() {
        assertThatThrownBy(() -> Dataset.of(Tensor.zeros(3, 2), Tensor.zeros(4))).hasMessage("Dataset: x has 3 rows and y has 4");
        assertThatThrownBy(() -> Datasets.diabetes().labels()).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Datasets.iris().rows(150)).hasMessage("rows: row 150 of 150");
    }
}
