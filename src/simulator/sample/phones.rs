//! Phones that users have from the start, with numbers from ranges that belong to nobody.

use time::OffsetDateTime;

use super::{People, WITH_METHODS};
use crate::simulator::tenant::{PhoneNumber, PhoneType, Tenant};

/// Area codes whose 555-0100 to 555-0199 are kept for fiction (North American Numbering Plan).
const AREAS: &[&str] = &[
    "206", "312", "415", "503", "617", "702", "808", "919", "214", "305",
];

/// Gives some workers a phone: every tenth the number of the sample input, every tenth another.
/// They sign in with it where the policy allows that.
pub(super) fn add(tenant: &mut Tenant, people: &People) {
    for (worker, index) in (0..WITH_METHODS).zip(&people.frontline) {
        let mobile = match worker % 10 {
            3 => mobile_of(worker),
            7 => format!("+49 1556{worker:07}"),
            _ => continue,
        };
        let Some(number) = PhoneNumber::parse(&mobile) else {
            continue;
        };
        // The policy has not changed yet, so it is the same at all times.
        let register = tenant.may_sign_in_by_sms(*index, OffsetDateTime::UNIX_EPOCH);
        tenant
            .authentication
            .save_phone(*index, PhoneType::Mobile, number, register);
        let office = PhoneNumber::parse(&format!("+1 2065550199x{}", 100 + worker));
        if let Some(office) = office.filter(|_| worker % 30 == 7) {
            tenant
                .authentication
                .save_phone(*index, PhoneType::Office, office, false);
        }
    }
}

/// The mobile of a worker as the personnel office knows it; no two are the same.
pub(super) fn mobile_of(worker: u32) -> String {
    let third = worker / 3;
    let area = AREAS.get(third as usize / 100);
    match (worker % 3, area) {
        (0, Some(area)) => format!("+1 {area}55501{:02}", third % 100),
        // 07700 900000 to 900999 are kept for drama (Ofcom).
        (1, _) if third < 1000 => format!("+44 7700900{third:03}"),
        _ => format!("+49 1555{worker:07}"),
    }
}
