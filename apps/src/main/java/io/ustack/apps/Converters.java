package io.ustack.apps;

import io.ustack.apps.load.LoadPlan;
import io.ustack.apps.proxy.Balance;
import io.ustack.apps.proxy.TargetAddress;
import io.ustack.apps.sim.QueueSize;
import io.ustack.ethernet.MacAddress;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.congestion.CongestionControls;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What stands behind an option, read; picocli puts the option's name in front of the complaint. */
final class Converters {
  private Converters() {}

  /** {@code 10.99.0.2/24}: an address that a host can have, and its subnet. */
  static final class Host implements ITypeConverter<Ipv4Subnet> {
    @Override
    public Ipv4Subnet convert(final String text) {
      if (text.indexOf('/') < 0) {
        throw new TypeConversionException(
            "'" + text + "' says nothing of the subnet; as in 10.99.0.2/24");
      }
      final Ipv4Subnet subnet = read(() -> Ipv4Subnet.parse(text));
      final int address = subnet.address();
      if (subnet.prefixLength() == 0) {
        throw new TypeConversionException("'" + text + "': a subnet of everything is none");
      }
      if (!isUnicast(address) || subnet.isNetwork(address) || subnet.isBroadcast(address)) {
        throw new TypeConversionException("'" + text + "' is no address that a host can have");
      }
      return subnet;
    }
  }

  /** {@code 10.99.0.1}: an address of one host; comes as the int that it is. */
  static final class Address implements ITypeConverter<Integer> {
    @Override
    public Integer convert(final String text) {
      final int address = read(() -> Ipv4Address.parse(text));
      if (!isUnicast(address)) {
        throw new TypeConversionException("'" + text + "' is no address that a host can have");
      }
      return address;
    }
  }

  /** {@code 02:00:00:00:00:01}. */
  static final class Mac implements ITypeConverter<Long> {
    @Override
    public Long convert(final String text) {
      final long address = read(() -> MacAddress.parse(text));
      if (address == 0 || MacAddress.isGroup(address)) {
        throw new TypeConversionException(
            "'" + text + "' is no address that an interface can have");
      }
      return address;
    }
  }

  /** An 802.1Q VLAN; 0 and 4095 are none (802.1Q 9.6). */
  static final class Vlan implements ITypeConverter<Integer> {
    @Override
    public Integer convert(final String text) {
      if (!text.matches("[0-9]{1,4}")
          || Integer.parseInt(text) == 0
          || Integer.parseInt(text) > 4094) {
        throw new TypeConversionException("'" + text + "' is no VLAN, 1 to 4094");
      }
      return Integer.valueOf(text);
    }
  }

  /** {@code linux} or {@code freebsd}. */
  static final class TcpProfile implements ITypeConverter<TcpConfig> {
    @Override
    public TcpConfig convert(final String text) {
      return read(() -> TcpConfig.profile(text));
    }
  }

  /** A TCP or UDP port, 1 to 65535. */
  static final class TransportPort implements ITypeConverter<Integer> {
    @Override
    public Integer convert(final String text) {
      if (!text.matches("[0-9]{1,5}")
          || Integer.parseInt(text) > 0xFFFF
          || Integer.parseInt(text) == 0) {
        throw new TypeConversionException("'" + text + "' is no port, 1 to 65535");
      }
      return Integer.valueOf(text);
    }
  }

  /** {@code :80}, or without the colon: a port of ours. */
  static final class Listen implements ITypeConverter<Integer> {
    @Override
    public Integer convert(final String text) {
      return new TransportPort().convert(text.startsWith(":") ? text.substring(1) : text);
    }
  }

  /** {@code 10.0.0.9:8080}. */
  static final class Target implements ITypeConverter<TargetAddress> {
    @Override
    public TargetAddress convert(final String text) {
      final int colon = text.indexOf(':');
      if (colon < 0) {
        throw new TypeConversionException("'" + text + "' says no port; as in 10.0.0.9:8080");
      }
      return new TargetAddress(
          new Address().convert(text.substring(0, colon)),
          new TransportPort().convert(text.substring(colon + 1)));
    }
  }

  /** {@code least-connections} or {@code round-robin}. */
  static final class BalanceName implements ITypeConverter<Balance> {
    @Override
    public Balance convert(final String text) {
      for (final Balance balance : Balance.values()) {
        if (balance.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(text)) {
          return balance;
        }
      }
      throw new TypeConversionException(
          "'" + text + "' is neither least-connections nor round-robin");
    }
  }

  /** How often in a row, 1 to 100. */
  static final class Threshold implements ITypeConverter<Integer> {
    @Override
    public Integer convert(final String text) {
      if (!text.matches("[1-9][0-9]?|100")) {
        throw new TypeConversionException("'" + text + "' is no number from 1 to 100");
      }
      return Integer.valueOf(text);
    }
  }

  /** 1 to 65536 MiB, as bytes. */
  static final class Mebibytes implements ITypeConverter<Long> {
    @Override
    public Long convert(final String text) {
      if (!text.matches("[1-9][0-9]{0,4}") || Integer.parseInt(text) > 1 << 16) {
        throw new TypeConversionException("'" + text + "' is no number from 1 to 65536");
      }
      return Long.parseLong(text) << 20;
    }
  }

  /** 0 to 5 seconds, as nanoseconds: {@link StopSignal} waits for this and {@link Drain}. */
  static final class Grace implements ITypeConverter<Long> {
    @Override
    public Long convert(final String text) {
      if (!text.matches("[0-5]")) {
        throw new TypeConversionException("'" + text + "' are no seconds from 0 to 5");
      }
      return Long.parseLong(text) * 1_000_000_000L;
    }
  }

  /** 0 to 8 seconds, as nanoseconds: {@link StopSignal} waits longer. */
  static final class Drain implements ITypeConverter<Long> {
    @Override
    public Long convert(final String text) {
      if (!text.matches("[0-8]")) {
        throw new TypeConversionException("'" + text + "' are no seconds from 0 to 8");
      }
      return Long.parseLong(text) * 1_000_000_000L;
    }
  }

  /** Seconds, with a fraction or without, as nanoseconds; more than 0. */
  static final class Seconds implements ITypeConverter<Long> {
    private static final double MOST = 1e9;

    @Override
    public Long convert(final String text) {
      if (!text.matches("[0-9]{1,10}(\\.[0-9]{1,9})?") || Double.parseDouble(text) > MOST) {
        throw new TypeConversionException("'" + text + "' is no number of seconds");
      }
      final long nanoseconds = Math.round(Double.parseDouble(text) * 1e9);
      if (nanoseconds == 0) {
        throw new TypeConversionException("must be more than 0 seconds");
      }
      return nanoseconds;
    }
  }

  /** The name of a congestion control algorithm. */
  static final class Algorithm implements ITypeConverter<String> {
    @Override
    public String convert(final String text) {
      return read(
          () -> {
            CongestionControls.load().require(text);
            return text;
          });
    }
  }

  /** Bits per second, 1k to 10G. */
  static final class Rate implements ITypeConverter<Long> {
    @Override
    public Long convert(final String text) {
      final double rate = scaled(text, "kMG");
      if (!(rate >= 1e3 && rate <= 1e10)) {
        throw new TypeConversionException("'" + text + "' is no rate from 1k to 10G");
      }
      return Math.round(rate);
    }
  }

  /** {@code 64k} or {@code 1.5M} bytes, or {@code 0.5x}. */
  static final class Size implements ITypeConverter<QueueSize> {
    private static final double MOST = 1e12;

    @Override
    public QueueSize convert(final String text) {
      final boolean products = text.endsWith("x");
      final double amount =
          products ? scaled(text.substring(0, text.length() - 1), "") : scaled(text, "kMG");
      if (!(amount > 0 && amount <= MOST)) {
        throw new TypeConversionException("'" + text + "' is no size, as in 60000, 64k or 0.5x");
      }
      return new QueueSize(amount, products);
    }
  }

  /** Milliseconds up to 10 s, as nanoseconds. */
  static final class Milliseconds implements ITypeConverter<Long> {
    private static final double MOST = 10_000;

    @Override
    public Long convert(final String text) {
      final double milliseconds = scaled(text, "");
      if (!(milliseconds >= 0 && milliseconds <= MOST)) {
        throw new TypeConversionException("'" + text + "' are no milliseconds up to 10000");
      }
      return Math.round(milliseconds * 1e6);
    }
  }

  /** 0 to 100, as a probability. */
  static final class Percent implements ITypeConverter<Double> {
    @Override
    public Double convert(final String text) {
      final double percent = scaled(text, "");
      if (!(percent >= 0 && percent <= 100)) {
        throw new TypeConversionException("'" + text + "' is no percentage, 0 to 100");
      }
      return percent / 100;
    }
  }

  /**
   * A number, with a thousand, a million and so on behind it when it is one of {@code letters}; -1
   * when it is none.
   */
  private static double scaled(final String text, final String letters) {
    final int power = text.isEmpty() ? -1 : letters.indexOf(text.charAt(text.length() - 1));
    final String digits = power < 0 ? text : text.substring(0, text.length() - 1);
    return digits.matches("[0-9]{1,12}(\\.[0-9]{1,6})?")
        ? Double.parseDouble(digits) * Math.pow(1000, power + 1)
        : -1;
  }

  /** How many connections, 1 to a million. */
  static final class Connections implements ITypeConverter<Integer> {
    private static final int MOST = 1_000_000;

    @Override
    public Integer convert(final String text) {
      if (!text.matches("[0-9]{1,7}")
          || Integer.parseInt(text) > MOST
          || Integer.parseInt(text) == 0) {
        throw new TypeConversionException("'" + text + "' is no number from 1 to " + MOST);
      }
      return Integer.valueOf(text);
    }
  }

  /** {@code rr}, {@code cps}, {@code bulk} or {@code bulk-down}. */
  static final class LoadKind implements ITypeConverter<LoadPlan.Kind> {
    @Override
    public LoadPlan.Kind convert(final String text) {
      for (final LoadPlan.Kind kind : LoadPlan.Kind.values()) {
        if (kind.label().equals(text)) {
          return kind;
        }
      }
      throw new TypeConversionException("'" + text + "' is none of rr, cps, bulk and bulk-down");
    }
  }

  /** How many a second, 1 to 100M. */
  static final class PerSecond implements ITypeConverter<Double> {
    private static final double MOST = 1e8;

    @Override
    public Double convert(final String text) {
      final double rate = scaled(text, "kM");
      if (!(rate >= 1 && rate <= MOST)) {
        throw new TypeConversionException("'" + text + "' is no rate from 1 to 100M");
      }
      return rate;
    }
  }

  /** {@code inline} or {@code dedicated}. */
  static final class ModeName implements ITypeConverter<Mode> {
    @Override
    public Mode convert(final String text) {
      for (final Mode mode : Mode.values()) {
        if (mode.name().toLowerCase(Locale.ROOT).equals(text)) {
          return mode;
        }
      }
      throw new TypeConversionException("'" + text + "' is neither inline nor dedicated");
    }
  }

  private static boolean isUnicast(final int address) {
    return !Ipv4Address.isMulticast(address)
        && !Ipv4Address.isReserved(address)
        && !Ipv4Address.isLoopback(address)
        && !Ipv4Address.isThisNetwork(address);
  }

  private interface Reader<T> {
    T read();
  }

  private static <T> T read(final Reader<T> reader) {
    try {
      return reader.read();
    } catch (final IllegalArgumentException e) {
      throw new TypeConversionException(String.valueOf(e.getMessage()));
    }
  }
}
