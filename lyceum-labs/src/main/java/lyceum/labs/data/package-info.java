/** Labs of data: how they are divided before anything is learned. Start from {@code DataSplitLab}. */
package lyceum.labs.data;
