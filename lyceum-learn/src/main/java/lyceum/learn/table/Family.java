package lyceum.learn.table;

import java.util.Map;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.ensemble.RandomForestRegressor;
import lyceum.learn.gbdt.GbdtClassifier;
import lyceum.learn.gbdt.GbdtOptions;
import lyceum.learn.gbdt.GbdtRegressor;
import lyceum.learn.impute.SimpleImputer;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.Ridge;
import lyceum.learn.tuning.Configuration;
import lyceum.learn.tuning.SearchSpace;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Pipeline;
import lyceum.stats.learner.StandardScaler;

/** A kind of learner for tables, with settings that serve and a space around them. */
enum Family {
    LINEAR("linear") {
        @Override SearchSpace space() { return new SearchSpace().log("penalty", 1e-4, 1e4); }

        @Override Learner learner(TableTask task, Configuration c, long seed) {
            double penalty = c == null ? 1 : c.number("penalty");
            var before = Pipeline.of(new SimpleImputer().withIndicators(true), new StandardScaler());
            return task == TableTask.REGRESSION ? before.then(new Ridge(penalty))
                    : before.then(new LogisticRegression().withC(1 / penalty));
        }
    },
    FOREST("forest") {
        @Override SearchSpace space() { return new SearchSpace().integer("leaf", 1, 20).integer("trees", 100, 300); }

        @Override Learner learner(TableTask task, Configuration c, long seed) {
            int leaf = c == null ? 2 : c.integer("leaf"), trees = c == null ? 100 : c.integer("trees");
            var before = Pipeline.of(new SimpleImputer().withIndicators(true));
            return task == TableTask.REGRESSION
                    ? before.then(new RandomForestRegressor().withTrees(trees).withMinSamplesLeaf(leaf).withSeed(seed))
                    : before.then(new RandomForestClassifier().withTrees(trees).withMinSamplesLeaf(leaf).withSeed(seed));
        }
    },
    GBDT("gbdt") {
        @Override SearchSpace space() {
            return new SearchSpace().log("rate", 0.01, 0.3).integer("depth", 2, 8).logInteger("rounds", 50, 500).real("rows", 0.5, 1)
                    .log("l2", 0.1, 10);
        }

        @Override Learner learner(TableTask task, Configuration c, long seed) {
            var options = c == null ? GbdtOptions.DEFAULT.withLearningRate(0.1).withMaxDepth(4).withRounds(100)
                    : GbdtOptions.DEFAULT.withLearningRate(c.number("rate")).withMaxDepth(c.integer("depth"))
                            .withRounds(c.integer("rounds")).withRowShare(c.number("rows")).withL2(c.number("l2"));
            options = options.withSeed(seed);
            return task == TableTask.REGRESSION ? new GbdtRegressor().withOptions(options) : new GbdtClassifier(options);
        }
    };

    private static final Map<String, Family> BY_WORD = Map.of("linear", LINEAR, "forest", FOREST, "gbdt", GBDT);

    final String word;

    Family(String word) { this.word = word; }

    static Family of(String word) {
        var family = BY_WORD.get(word);
        if (family == null)
            throw new IllegalArgumentException("TableFit: there is no model '" + word + "'; there are linear, forest and gbdt");
        return family;
    }

    abstract SearchSpace space();

    /** @param c null for settings that serve */
    abstract Learner learner(TableTask task, Configuration c, long seed);
}
