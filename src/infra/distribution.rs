//! How service times spread around their mean.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The distribution of a service time; its mean stands beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Distribution {
    /// Exponential: many short ones, few long ones.
    #[default]
    Exponential,
    /// Every one as long as the other.
    Constant,
    /// The sum of so many exponential stages: between the two above.
    Erlang {
        /// Stages, 1 (exponential) to 100 (nearly constant).
        stages: u32,
    },
    /// One of two exponentials that each bring half of the mean: most are short, the rest very long.
    Hyperexponential {
        /// Squared coefficient of variation, 1 (exponential) to 100.
        squared_cv: f64,
    },
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exponential => f.write_str("exponential"),
            Self::Constant => f.write_str("constant"),
            Self::Erlang { stages } => write!(f, "Erlang of {stages} stages"),
            Self::Hyperexponential { squared_cv } => {
                write!(
                    f,
                    "hyperexponential, squared_cv {}",
                    crate::kernel::small::figure(*squared_cv)
                )
            }
        }
    }
}

impl Distribution {
    /// Squared coefficient of variation: the variance over the mean's square.
    pub fn squared_cv(self) -> f64 {
        match self {
            Self::Exponential => 1.0,
            Self::Constant => 0.0,
            Self::Erlang { stages } => 1.0 / f64::from(stages),
            Self::Hyperexponential { squared_cv } => squared_cv,
        }
    }

    /// What is out of range: the field's path below this one, what was found, what is allowed.
    pub(super) fn fault(self) -> Option<(&'static str, String, &'static str)> {
        match self {
            Self::Erlang { stages } if !(1..=100).contains(&stages) => {
                Some(("erlang.stages", stages.to_string(), "1 to 100"))
            }
            Self::Hyperexponential { squared_cv } if !(1.0..=100.0).contains(&squared_cv) => {
                let found = crate::kernel::small::figure(squared_cv);
                Some(("hyperexponential.squared_cv", found, "1 to 100"))
            }
            Self::Exponential
            | Self::Constant
            | Self::Erlang { .. }
            | Self::Hyperexponential { .. } => None,
        }
    }
}
