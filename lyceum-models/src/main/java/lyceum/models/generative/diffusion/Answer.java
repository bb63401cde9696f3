package lyceum.models.generative.diffusion;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** A denoiser's answer in training, with the backward step that follows from it. */
record Answer(Ddpm ddpm, Tensor said, Tensor spread, Tensor noisy, Tensor t) {

    static Answer of(Ddpm ddpm, Tensor said, Tensor noisy, Tensor t) {
        boolean learned = ddpm.variance() == Ddpm.Variance.LEARNED;
        long width = noisy.size(1);
        if (said.rank() != noisy.rank() || said.size(0) != noisy.size(0) || said.size(1) != (learned ? 2 * width : width))
            throw new ShapeException("Ddpm: the denoiser answers " + said.shape() + " to " + noisy.shape()
                    + (learned ? "; a learned variance needs twice as many along axis 1" : ""));
        return learned ? new Answer(ddpm, said.narrow(1, 0, width), said.narrow(1, width, width), noisy, t)
                : new Answer(ddpm, said, null, noisy, t);
    }

    Answer withMeanFixed() { return new Answer(ddpm, said.detach(), spread, noisy, t); }

    Tensor error(Tensor clean, Tensor epsilon) {
        var path = ddpm.schedule();
        return said.sub(ddpm.prediction().of(clean, epsilon, path.signals(t, clean), path.noises(t, clean))).square();
    }

    private double posterior(double t) {
        var schedule = ddpm.schedule();
        int step = (int) t;
        return step > 1 ? schedule.posteriorVariance(step) : schedule.steps() > 1 ? schedule.posteriorVariance(2) : schedule.beta(1);
    }

    /** The logarithm of the backward step's variance. */
    Tensor logVariance() {
        var logBeta = NoisePath.each(v -> Math.log(ddpm.schedule().beta((int) v)), t, noisy);
        if (ddpm.variance() == Ddpm.Variance.BETA) return logBeta;
        var logPosterior = NoisePath.each(v -> Math.log(posterior(v)), t, noisy);
        return spread == null ? logPosterior : logPosterior.add(spread.add(1).div(2).mul(logBeta.sub(logPosterior)));
    }

    Tensor mean(Tensor clean) {
        var schedule = ddpm.schedule();
        return clean.mul(NoisePath.each(v -> schedule.posteriorOnClean((int) v), t, noisy))
                .add(noisy.mul(NoisePath.each(v -> schedule.posteriorOnNoisy((int) v), t, noisy)));
    }

    /** The bound's term of each row. */
    Tensor term(Tensor x) {
        var path = ddpm.schedule();
        Tensor guess = ddpm.prediction().clean(said, noisy, path.signals(t, noisy), path.noises(t, noisy)), mean = mean(guess);
        Tensor logVariance = logVariance(), truth = NoisePath.each(v -> v == 1 ? 1 : path.posteriorVariance((int) v), t, noisy);
        var gap = mean(x).sub(mean).square();
        var divergence = logVariance.sub(truth.log()).sub(1).add(truth.add(gap).div(logVariance.exp())).mul(0.5);
        var first = NoisePath.each(v -> v == 1 ? 1 : 0, t, noisy).ne(0);
        return Tensor.where(first, decoder(x, mean, logVariance), divergence).reshape(x.size(0), -1).sum(1);
    }

    /** {@code -log p(x_0 | x_1)}: a density, or the probability of the data's bin. */
    private Tensor decoder(Tensor x, Tensor mean, Tensor logVariance) {
        if (ddpm.bins() == 0) return x.sub(mean).square().div(logVariance.exp()).add(logVariance).add(Math.log(2 * Math.PI)).mul(0.5);
        Tensor off = x.sub(mean), rate = logVariance.mul(-0.5).exp().div(Math.sqrt(2));
        double half = 1.0 / (ddpm.bins() - 1);
        // The outermost bins reach to infinity.
        Tensor upper = off.add(half).mul(rate).erfc(), lower = off.sub(half).mul(rate).erfc();
        Tensor inside = lower.sub(upper), low = upper.rsub(2), high = lower;
        var share = Tensor.where(x.le(-1 + half), low, Tensor.where(x.ge(1 - half), high, inside));
        return share.div(2).maximum(1e-12).log().neg();
    }
}
