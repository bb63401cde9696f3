package lyceum.learn.cluster;

import lyceum.LyceumException;

/** A component of {@link GaussianMixture} shrank to a point or a plane, where the likelihood is infinite and no fit can be given. */
public final class SingularCovarianceException extends LyceumException {
    SingularCovarianceException(String message) { super(message); }
}
