// What a user of Lyceum imports. The shell begins with these lines, and the examples of the documentation are compiled under them.
import lyceum.*;
import lyceum.autograd.*;
import lyceum.backend.*;
import lyceum.bayes.*;
import lyceum.causal.*;
import lyceum.data.*;
import lyceum.data.augment.*;
import lyceum.data.corpus.*;
import lyceum.data.curation.*;
import lyceum.data.dedup.*;
import lyceum.data.imagenet.*;
import lyceum.data.mixture.*;
import lyceum.data.version.*;
import lyceum.format.*;
import lyceum.info.*;
import lyceum.kernel.*;
import lyceum.labs.*;
import lyceum.labs.catalogue.*;
import lyceum.learn.*;
import lyceum.learn.active.*;
import lyceum.learn.anomaly.*;
import lyceum.learn.bayes.*;
import lyceum.learn.calibration.*;
import lyceum.learn.cluster.*;
import lyceum.learn.conformal.*;
import lyceum.learn.cost.*;
import lyceum.learn.decomposition.*;
import lyceum.learn.ensemble.*;
import lyceum.learn.explain.*;
import lyceum.learn.fairness.*;
import lyceum.learn.gbdt.*;
import lyceum.learn.imbalance.*;
import lyceum.learn.impute.*;
import lyceum.learn.leakage.*;
import lyceum.learn.linear.*;
import lyceum.learn.manifold.*;
import lyceum.learn.metrics.*;
import lyceum.learn.multiclass.*;
import lyceum.learn.neighbors.*;
import lyceum.learn.neural.*;
import lyceum.learn.preprocessing.*;
import lyceum.learn.recommend.*;
import lyceum.learn.selection.*;
import lyceum.learn.svm.*;
import lyceum.learn.table.*;
import lyceum.learn.topic.*;
import lyceum.learn.tree.*;
import lyceum.learn.tuning.*;
import lyceum.learn.uncertainty.*;
import lyceum.linalg.*;
import lyceum.math.*;
import lyceum.memory.*;
import lyceum.nn.*;
import lyceum.nn.loss.*;
import lyceum.optim.*;
import lyceum.plot.*;
import lyceum.plot.render.*;
import lyceum.prob.*;
import lyceum.progress.*;
import lyceum.random.*;
import lyceum.retrieval.*;
import lyceum.stats.*;
import lyceum.stats.learner.*;
import lyceum.stats.missing.*;
import lyceum.tensor.*;
import lyceum.text.*;
import lyceum.text.compare.*;
import lyceum.text.count.*;
import lyceum.text.lm.*;
import lyceum.text.vector.*;
import lyceum.theory.*;
import lyceum.train.*;
import lyceum.train.compress.*;
import lyceum.train.continual.*;
import lyceum.train.peft.*;
import lyceum.train.privacy.*;
import lyceum.train.regime.*;
import lyceum.train.robust.*;
import lyceum.train.search.*;
import lyceum.train.uncertainty.*;

// Names that two of these packages have: the one that is meant without its package.
import lyceum.data.Join; // the other brings branches of a network together
import lyceum.learn.metrics.Average; // the other averages an optimiser's iterates
import lyceum.nn.Layer; // the other is one of a plot's
import lyceum.nn.Module; // java.lang has one
import lyceum.stats.learner.Transformer; // the other is a network of encoder and decoder
