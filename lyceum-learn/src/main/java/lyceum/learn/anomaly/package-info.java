/** Anomalies: one scoring interface over distances, densities, isolation, reconstruction, one-class and time-series methods, with thresholds. */
package lyceum.learn.anomaly;
