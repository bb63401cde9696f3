package lyceum.learn.uncertainty;

/** Forecasts for n rows with what is not known about each: entropy in nats for classes, variance for numbers. */
public sealed interface Forecast permits ClassForecast, NumberForecast, SetForecast {
    /** All doubt (n). */
    double[] total();

    /** Noise that more data would not cure (n); NaN where the method cannot tell. */
    double[] aleatoric();

    /** Ignorance that more data would cure (n); NaN where the method cannot tell. */
    double[] epistemic();
}
