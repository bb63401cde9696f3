package lyceum.learn.ensemble;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import lyceum.data.Datasets;
import lyceum.learn.gbdt.GbdtClassifier;
import lyceum.learn.gbdt.GbdtOptions;
import lyceum.learn.gbdt.GbdtRegressor;
import lyceum.learn.gbdt.Growth;
import lyceum.learn.gbdt.OneSidedSampling;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.random.Rng;
import lyceum.testing.ForkedJvm;

/** Prints a check sum of all that an ensemble says, for JVMs with different numbers of threads. */
public final class EnsembleBits {
    private EnsembleBits() {}

    public static void main(String[] args) {
        var numbers = Datasets.friedman1(Rng.of(3), 150, 10, 1);
        var classes = Datasets.classification(Rng.of(4), 150, 8, 4, 1, 3, 1, 0.1);
        var crc = new CRC32();
        switch (args[0]) {
            case "bagging" -> {
                var r = new Bagging(23).withFeatureShare(0.7).of(new DecisionTreeRegressor()).fit(numbers.x(), numbers.y());
                add(crc, r.predict(numbers.x()).toDoubleArray(), r.variance(numbers.x()).toDoubleArray(), r.oobPredictions());
                var c = new Bagging(23).withBalanced(true).ofClassifiers(s -> new DecisionTreeClassifier().withMaxFeatures(2).withSeed(s))
                        .fit(classes.x(), classes.y());
                add(crc, c.predictProba(classes.x()).toDoubleArray(), c.variance(classes.x()).toDoubleArray(), c.oobVotes());
            }
            case "forest" -> {
                var r = new RandomForestRegressor().withTrees(23).fit(numbers.x(), numbers.y());
                add(crc, r.predict(numbers.x()).toDoubleArray(), r.oobPredictions(), r.forest().importances());
                var c = new RandomForestClassifier().withTrees(23).withBalance(ClassBalance.PER_TREE).fit(classes.x(), classes.y());
                add(crc, c.predictProba(classes.x()).toDoubleArray(), c.oobVotes(), c.forest().proximities(classes.x()).toDoubleArray());
            }
            case "boosting" -> {
                var r = new GradientBoostingRegressor(BoostingLoss.huber(0.9)).withRowShare(0.6).fit(numbers.x(), numbers.y());
                add(crc, r.predict(numbers.x()).toDoubleArray(), r.boosting().trainLosses());
                var c = new GradientBoostingClassifier().withStages(20).fit(classes.x(), classes.y());
                add(crc, c.predictProba(classes.x()).toDoubleArray(), c.boosting().trainLosses());
            }
            case "gbdt" -> {
                // So many rows that threads share the counting of bins; fewer are counted by one.
                numbers = Datasets.friedman1(Rng.of(3), 12_000, 10, 1);
                for (var growth : Growth.values()) {
                    var options = GbdtOptions.DEFAULT.withGrowth(growth).withMaxLeaves(20).withRounds(6)
                            .withGoss(new OneSidedSampling(0.2, 0.3));
                    add(crc, new GbdtRegressor(options).fit(numbers.x(), numbers.y()).predict(numbers.x()).toDoubleArray(),
                            new GbdtClassifier(options.withFeatureShare(0.5)).fit(classes.x(), classes.y()).predictProba(classes.x())
                                    .toDoubleArray());
                }
                add(crc, new GbdtRegressor(GbdtOptions.symmetric().withRounds(5)).fit(numbers.x(), numbers.y()).predict(numbers.x())
                        .toDoubleArray(),
                        new GbdtRegressor().withBins(0).withRounds(5).fit(numbers.x(), numbers.y()).predict(numbers.x()).toDoubleArray());
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.out.println("bits " + crc.getValue());
    }

    private static void add(CRC32 crc, double[]... values) {
        for (var array : values) {
            var bytes = ByteBuffer.allocate(8 * array.length);
            for (double v : array) bytes.putDouble(v);
            crc.update(bytes.array());
        }
    }

    /** The check sums with 1, 2, 5 and 8 threads. */
    public static List<String> withThreads(String what) {
        var bits = new ArrayList<String>();
        for (int threads : new int[] {1, 2, 5, 8}) {
            var run = ForkedJvm.of(EnsembleBits.class).withFlags("-Dlyceum.threads=" + threads, "-XX:TieredStopAtLevel=1")
                    .withArguments(what).run();
            bits.add(run.output().lines().filter(l -> l.startsWith("bits ")).findFirst().orElse(run.output()));
        }
        return bits;
    }
}
