package lyceum.learn;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import lyceum.kernel.Nystroem;
import lyceum.kernel.RandomFourierFeatures;
import lyceum.kernel.Rbf;
import lyceum.learn.bayes.NaiveBayes;
import lyceum.learn.calibration.CalibratedClassifier;
import lyceum.learn.calibration.PlattScaling;
import lyceum.learn.cluster.Dbscan;
import lyceum.learn.cluster.GaussianMixture;
import lyceum.learn.cluster.Hdbscan;
import lyceum.learn.cluster.HierarchicalClustering;
import lyceum.learn.cluster.KMeans;
import lyceum.learn.cluster.SpectralClustering;
import lyceum.learn.cost.CostMatrix;
import lyceum.learn.cost.CostSensitive;
import lyceum.learn.decomposition.CanonicalCorrelation;
import lyceum.learn.decomposition.FactorAnalysis;
import lyceum.learn.decomposition.FastIca;
import lyceum.learn.decomposition.IncrementalPca;
import lyceum.learn.decomposition.KernelPca;
import lyceum.learn.decomposition.Nmf;
import lyceum.learn.decomposition.Pca;
import lyceum.learn.decomposition.ProbabilisticPca;
import lyceum.learn.ensemble.AdaBoostClassifier;
import lyceum.learn.ensemble.AdaBoostRegressor;
import lyceum.learn.ensemble.Bagging;
import lyceum.learn.ensemble.GradientBoostingClassifier;
import lyceum.learn.ensemble.GradientBoostingRegressor;
import lyceum.learn.ensemble.RandomForestClassifier;
import lyceum.learn.ensemble.RandomForestRegressor;
import lyceum.learn.gbdt.GbdtClassifier;
import lyceum.learn.gbdt.GbdtRegressor;
import lyceum.learn.imbalance.BalancedClassifier;
import lyceum.learn.imbalance.Smote;
import lyceum.learn.imbalance.TunedThreshold;
import lyceum.learn.impute.IterativeImputer;
import lyceum.learn.impute.KnnImputer;
import lyceum.learn.impute.SimpleImputer;
import lyceum.learn.linear.ElasticNet;
import lyceum.learn.linear.Lasso;
import lyceum.learn.linear.LassoCv;
import lyceum.learn.linear.LassoLars;
import lyceum.learn.linear.LinearDiscriminantAnalysis;
import lyceum.learn.linear.LinearRegression;
import lyceum.learn.linear.LogisticRegression;
import lyceum.learn.linear.LogisticRegressionCv;
import lyceum.learn.linear.MultiTaskLasso;
import lyceum.learn.linear.Perceptron;
import lyceum.learn.linear.PolynomialFeatures;
import lyceum.learn.linear.QuadraticDiscriminantAnalysis;
import lyceum.learn.linear.QuantileRegression;
import lyceum.learn.linear.Ridge;
import lyceum.learn.linear.RidgeCv;
import lyceum.learn.linear.TransformedTarget;
import lyceum.learn.manifold.AutoencoderMap;
import lyceum.learn.manifold.Isomap;
import lyceum.learn.manifold.LocallyLinearEmbedding;
import lyceum.learn.manifold.Mds;
import lyceum.learn.manifold.ParametricUmap;
import lyceum.learn.manifold.RandomProjection;
import lyceum.learn.manifold.Tsne;
import lyceum.learn.manifold.Umap;
import lyceum.learn.multiclass.NestedDichotomies;
import lyceum.learn.multiclass.OneVsOne;
import lyceum.learn.multiclass.OneVsRest;
import lyceum.learn.multiclass.OutputCode;
import lyceum.learn.multioutput.MultiOutput;
import lyceum.learn.neighbors.KNeighborsClassifier;
import lyceum.learn.neighbors.KNeighborsRegressor;
import lyceum.learn.neural.MlpClassifier;
import lyceum.learn.neural.MlpRegressor;
import lyceum.learn.selection.KFold;
import lyceum.learn.selection.Scorer;
import lyceum.learn.selection.StratifiedKFold;
import lyceum.learn.preprocessing.MaxAbsScaler;
import lyceum.learn.preprocessing.MinMaxScaler;
import lyceum.learn.preprocessing.Normalizer;
import lyceum.learn.preprocessing.PowerTransformer;
import lyceum.learn.preprocessing.QuantileTransformer;
import lyceum.learn.preprocessing.RobustScaler;
import lyceum.learn.svm.KernelKMeans;
import lyceum.learn.svm.KernelMachine;
import lyceum.learn.svm.KernelRidge;
import lyceum.learn.svm.LinearSvm;
import lyceum.learn.svm.MachineLoss;
import lyceum.learn.svm.Svm;
import lyceum.learn.svm.SvmRegressor;
import lyceum.learn.topic.LatentDirichletAllocation;
import lyceum.learn.tree.DecisionTreeClassifier;
import lyceum.learn.tree.DecisionTreeRegressor;
import lyceum.learn.tuning.GridSearch;
import lyceum.learn.tuning.HyperparameterSearch;
import lyceum.learn.tuning.SearchSpace;
import lyceum.learn.tuning.TunedClassifier;
import lyceum.learn.tuning.TunedRegressor;
import lyceum.stats.learner.Classifier;
import lyceum.stats.learner.Clusterer;
import lyceum.stats.learner.Density;
import lyceum.stats.learner.Learner;
import lyceum.stats.learner.Regressor;
import lyceum.stats.learner.StandardScaler;
import lyceum.stats.learner.Transformer;

/**
 * One of each classifier, regressor, clusterer, transformer and density there is, by name, with settings that suit a small table: to compare them, to list them, to hold each to the contract.
 *
 * {@snippet :
 * var names = Learners.classifiers().keySet();
 * var table = lyceum.learn.selection.League.play(new CrossValidation(new KFold(5)), Learners.regressors(), x, y, Scorer.R2);
 * }
 */
public final class Learners {
    private static final SequencedMap<String, Learner> ALL = new LinkedHashMap<>();

    static {
        ALL.put("linear regression", new LinearRegression());
        ALL.put("ridge", new Ridge(1.0));
        ALL.put("ridge, chosen by folds", new RidgeCv(0.01, 0.1, 1, 10));
        ALL.put("lasso", new Lasso(0.1));
        ALL.put("lasso by angles", new LassoLars(0.1));
        ALL.put("lasso, chosen by folds", new LassoCv());
        ALL.put("elastic net", new ElasticNet(0.1, 0.5));
        ALL.put("lasso of several targets", new MultiTaskLasso(0.1));
        ALL.put("median regression", new QuantileRegression(0.5));
        ALL.put("regression of a transformed target", new TransformedTarget(new Ridge(1.0), TransformedTarget.Transform.ASINH));
        ALL.put("kernel ridge", new KernelRidge(new Rbf(1), 1));
        ALL.put("kernel machine", new KernelMachine(new Rbf(1), new MachineLoss.Squared(), 0.1));
        ALL.put("neighbours' mean", new KNeighborsRegressor(5));
        ALL.put("regression trees of several targets", new MultiOutput(new DecisionTreeRegressor()));
        ALL.put("regression tree", new DecisionTreeRegressor());
        ALL.put("bagged regression trees", new Bagging(20).of(new DecisionTreeRegressor()));
        ALL.put("regression forest", new RandomForestRegressor().withTrees(50));
        ALL.put("boosted regression trees", new GradientBoostingRegressor());
        ALL.put("second-order boosted regression trees", new GbdtRegressor().withRounds(50));
        ALL.put("support vectors for numbers", new SvmRegressor(new Rbf(1), 10, 0.1).withTolerance(1e-8));
        ALL.put("AdaBoost.R2", new AdaBoostRegressor(20));
        ALL.put("network of numbers", new MlpRegressor(32));
        ALL.put("logistic regression", new LogisticRegression());
        ALL.put("logistic regression, chosen by folds", new LogisticRegressionCv(0.1, 1, 10));
        ALL.put("perceptron", new Perceptron());
        ALL.put("linear discriminant analysis", new LinearDiscriminantAnalysis());
        ALL.put("quadratic discriminant analysis", new QuadraticDiscriminantAnalysis());
        ALL.put("naive Bayes", NaiveBayes.gaussian());
        ALL.put("nearest neighbours", new KNeighborsClassifier(5));
        ALL.put("decision tree", new DecisionTreeClassifier());
        ALL.put("bagged decision trees", new Bagging(20).of(new DecisionTreeClassifier()));
        ALL.put("random forest", new RandomForestClassifier().withTrees(50));
        ALL.put("boosted decision trees", new GradientBoostingClassifier());
        ALL.put("second-order boosted decision trees", new GbdtClassifier().withRounds(50));
        ALL.put("support vectors", new Svm(new Rbf(1), 1).withTolerance(1e-8));
        ALL.put("linear support vectors", new LinearSvm(1));
        ALL.put("AdaBoost", new AdaBoostClassifier(50));
        ALL.put("calibrated naive Bayes", new CalibratedClassifier(NaiveBayes.gaussian(), new PlattScaling()));
        ALL.put("network of classes", new MlpClassifier(32));
        ALL.put("one against the rest", new OneVsRest(NaiveBayes.gaussian()));
        ALL.put("one against one", new OneVsOne(NaiveBayes.gaussian()));
        ALL.put("output code", new OutputCode(NaiveBayes.gaussian(), 9, 0));
        ALL.put("nested dichotomies", new NestedDichotomies(NaiveBayes.gaussian()));
        ALL.put("k-means", new KMeans(3));
        ALL.put("Gaussian mixture", new GaussianMixture(2));
        ALL.put("kernel k-means", new KernelKMeans(new Rbf(1.5), 3));
        ALL.put("clusters of a spectrum", new SpectralClustering(3));
        ALL.put("clusters by merging", new HierarchicalClustering(3));
        ALL.put("dense clusters", new Dbscan(1.5, 4));
        ALL.put("dense clusters of any density", new Hdbscan(4));
        ALL.put("logistic regression of balanced rows",
                BalancedClassifier.resampled(new LogisticRegression(), new Smote(3)).withCorrected(true));
        ALL.put("logistic regression with a moved threshold",
                new TunedThreshold(new LogisticRegression(), TunedThreshold.fBeta(1)).withScheme(new StratifiedKFold(2)));
        ALL.put("logistic regression by expected cost", new CostSensitive(new LogisticRegression(), CostMatrix.binary(1, 3)));
        ALL.put("tuned logistic regression",
                new TunedClassifier(new HyperparameterSearch(new SearchSpace().choice("c", 0.1, 10), new GridSearch()),
                        c -> new LogisticRegression().withC(c.number("c")), Scorer.ACCURACY).withScheme(new StratifiedKFold(2)));
        ALL.put("tuned ridge", new TunedRegressor(new HyperparameterSearch(new SearchSpace().choice("alpha", 0.1, 10), new GridSearch()),
                c -> new Ridge(c.number("alpha")), Scorer.MEAN_SQUARED_ERROR).withScheme(new KFold(2)));
        ALL.put("principal components", new Pca(2));
        ALL.put("principal components, batch by batch", new IncrementalPca(2));
        ALL.put("probabilistic principal components", new ProbabilisticPca(2));
        ALL.put("principal components of a kernel", new KernelPca(new Rbf(1), 2));
        ALL.put("independent components", new FastIca(2));
        ALL.put("factor analysis", new FactorAnalysis(1));
        ALL.put("canonical correlations", new CanonicalCorrelation());
        ALL.put("non-negative factors", new Nmf(2));
        ALL.put("topics", new LatentDirichletAllocation(2));
        ALL.put("random projection", new RandomProjection(2));
        ALL.put("classical scaling", new Mds(2));
        ALL.put("autoencoder", new AutoencoderMap(2, 8).withEpochs(5));
        ALL.put("Isomap", new Isomap(5, 2));
        ALL.put("locally linear embedding", new LocallyLinearEmbedding(15, 2));
        ALL.put("t-SNE", new Tsne(8).withIterations(100));
        ALL.put("UMAP", new Umap(8).withEpochs(50));
        ALL.put("UMAP by a network", new ParametricUmap(new Umap(8), 16).withEpochs(3).withBatchSize(32));
        ALL.put("distances from centres", new KMeans(3).asTransformer());
        ALL.put("columns of deviation 1", new StandardScaler());
        ALL.put("columns from 0 to 1", new MinMaxScaler());
        ALL.put("columns of size 1", new MaxAbsScaler());
        ALL.put("columns by median and quartiles", new RobustScaler());
        ALL.put("columns by rank", new QuantileTransformer());
        ALL.put("columns by a power", new PowerTransformer());
        ALL.put("rows of norm 1", new Normalizer());
        ALL.put("holes filled by means", new SimpleImputer());
        ALL.put("holes filled by neighbours", new KnnImputer());
        ALL.put("holes filled by regression", new IterativeImputer());
        ALL.put("powers and products", new PolynomialFeatures(2));
        ALL.put("random Fourier features", new RandomFourierFeatures(new Rbf(1), 50, 0));
        ALL.put("Nystroem features", new Nystroem(new Rbf(1), 20, 0));
    }

    private Learners() {}

    public static SequencedMap<String, Learner> all() { return Collections.unmodifiableSequencedMap(ALL); }

    public static SequencedMap<String, Regressor> regressors() { return of(Regressor.class); }

    public static SequencedMap<String, Classifier> classifiers() { return of(Classifier.class); }

    public static SequencedMap<String, Clusterer> clusterers() { return of(Clusterer.class); }

    public static SequencedMap<String, Transformer> transformers() { return of(Transformer.class); }

    public static SequencedMap<String, Density> densities() { return of(Density.class); }

    private static <L extends Learner> SequencedMap<String, L> of(Class<L> kind) {
        var found = new LinkedHashMap<String, L>();
        ALL.forEach((name, learner) -> {
            if (kind.isInstance(learner)) found.put(name, kind.cast(learner));
        });
        return found;
    }
}
